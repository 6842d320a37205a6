// What a suite reports, as numbers: `{ passed, failed, skipped, failures, reasons }`, where
// `failures` are test names and `reasons` the words of each skipped test.

import { existsSync, readFileSync } from 'node:fs';

export const none = () => ({ passed: 0, failed: 0, skipped: 0, failures: [], reasons: [] });

export const pass = () => ({ ...none(), passed: 1 });

export const failure = (name) => ({ ...none(), failed: 1, failures: [name] });

export const skip = (reason) => ({ ...none(), skipped: 1, reasons: [reason] });

export function add(a, b) {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
    reasons: [...a.reasons, ...b.reasons],
  };
}

/** Reads a JUnit file, which pytest, nextest, vitest and Playwright all can write. */
export function readJunit(path) {
  if (!existsSync(path)) return none();
  const results = none();
  // Test output inside the file is escaped, so these tags are always the report's own.
  for (const element of readFileSync(path, 'utf8').split('<testcase').slice(1)) {
    const head = element.slice(0, element.indexOf('>'));
    if (/<(failure|error)\b/.test(element)) {
      results.failed += 1;
      results.failures.push(testName(head));
    } else if (/<skipped\b/.test(element)) {
      results.skipped += 1;
      results.reasons.push(attribute(element, 'message') || 'no reason given');
    } else {
      results.passed += 1;
    }
  }
  return results;
}

/** Reads what `cargo test` printed. */
export function readCargo(text) {
  const results = none();
  const line = /test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/g;
  for (const [, passed, failed, ignored] of text.matchAll(line)) {
    results.passed += Number(passed);
    results.failed += Number(failed);
    results.skipped += Number(ignored);
    results.reasons.push(...Array(Number(ignored)).fill('marked as ignored'));
  }
  for (const [, name] of text.matchAll(/^test (.+) \.\.\. FAILED$/gm)) results.failures.push(name);
  return results;
}

/** Reads what the simulator printed: one line that begins with its outcome for each scenario. */
export function readSimulation(text) {
  const outcomes = [...text.matchAll(/^(ok|FAILED) +(\S+)/gm)];
  const each = outcomes.map(([, outcome, name]) => (outcome === 'ok' ? pass() : failure(name)));
  return each.reduce(add, none());
}

function testName(head) {
  return [attribute(head, 'classname'), attribute(head, 'name')].filter(Boolean).join(' · ');
}

function attribute(text, name) {
  const value = text.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? '';
  return value
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&');
}
