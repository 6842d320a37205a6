import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { hasWords } from '$/lib/i18n';

const root = join(import.meta.dirname, '..');
const catalogue = readFileSync(join(root, 'locales/en.ftl'), 'utf8');
const ids = [...catalogue.matchAll(/^([a-z][\w-]*) =/gmu)].map((match) => match[1] ?? '');

const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(?:svelte|ts)$/u.test(path) && !path.endsWith('.test.ts'))
  .filter((path) => !path.startsWith(join('api', 'mock')))
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n');

/** Ids asked for as they are, and the fixed beginnings of those put together. */
const literal = [...sources.matchAll(/\bt\(\s*'([^']+)'/gu)].map((match) => match[1] ?? '');
const composed = [...sources.matchAll(/`((?:[a-z]+-)+)\$\{/gu)].map((match) => match[1] ?? '');

it('has words for everything that is asked for', () => {
  expect(literal.filter((id) => !hasWords(id))).toEqual([]);
  expect(composed.filter((start) => !ids.some((id) => id.startsWith(start)))).toEqual([]);
});

it('has no words that nobody asks for', () => {
  const used = (id: string) =>
    literal.includes(id) ||
    sources.includes(`'${id}'`) ||
    composed.some((start) => id.startsWith(start));
  expect(ids.filter((id) => !used(id))).toEqual([]);
});

it('says each thing once', () => {
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

it('has words for every kind of failure', () => {
  const codes = readFileSync(join(root, 'bindings/ErrorCode.ts'), 'utf8').matchAll(/"(\w+)"/gu);
  expect([...codes].map(([, code]) => `error-${code}`).filter((id) => !hasWords(id))).toEqual([]);
});

it('has words for every reason', () => {
  const codes = readFileSync(join(root, 'bindings/Reason.ts'), 'utf8').matchAll(
    /"code": "(\w+)"/gu,
  );
  const words = [...codes].map(([, code]) => `reason-${code}`);
  expect(words.length).toBeGreaterThan(30);
  expect(words.filter((id) => !hasWords(id))).toEqual([]);
});
