// Running suites one after the other, and the summary at the end.

import { add, failure, none } from './results.mjs';
import { chromiumPackages } from './chromium.mjs';
import { installPackages } from './packages.mjs';
import { Failure } from './run.mjs';
import { duration, step, table } from './say.mjs';
import { suites } from './suites.mjs';
import { checkTools, installModules } from './tools.mjs';

/** The suites with these names, all when there are none. @throws {Failure} on an unknown name */
export function choose(names) {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    const known = suites.map(({ name, about }) => [`  ${name}`, about]);
    throw new Failure(`There is no suite ${unknown.join(', ')}. There are:\n${table(known)}`);
  }
  return names.length === 0 ? suites : suites.filter(({ name }) => names.includes(name));
}

/** Installs what the chosen suites need. */
export async function prepare(chosen) {
  checkTools();
  const purposes = new Set(chosen.flatMap((suite) => suite.packages));
  await installPackages(
    [...purposes],
    chosen.some((suite) => suite.chromium) ? chromiumPackages() : [],
  );
  await installModules();
}

/** Runs a suite; a failure outside its tests (a build, say) counts as one failed test. */
export async function runSuite(suite) {
  step(`${suite.name}: ${suite.about}`);
  const started = performance.now();
  let results;
  try {
    results = await suite.run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(error.message);
    results = failure(error.message);
  }
  return { name: suite.name, milliseconds: performance.now() - started, ...results };
}

/** Prints the table, what failed and why tests were skipped; returns the exit code. */
export function summarise(runs, milliseconds) {
  const total = runs.reduce(add, none());
  const cells = (name, { passed, failed, skipped }, time) => [
    name,
    String(passed),
    String(failed),
    String(skipped),
    duration(time),
  ];
  step('Summary');
  const rows = [
    ['suite', 'passed', 'failed', 'skipped', 'time'],
    ...runs.map((run) => cells(run.name, run, run.milliseconds)),
    cells('all', total, milliseconds),
  ];
  console.log(table(rows, [1, 2, 3, 4]));
  for (const run of runs) {
    for (const name of run.failures) console.log(`failed: ${run.name}: ${name}`);
    for (const [reason, times] of tally(run.reasons)) {
      console.log(`skipped: ${run.name}: ${times} × ${reason}`);
    }
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
}

function tally(words) {
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
