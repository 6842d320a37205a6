import { expect, it } from 'vitest';

import { bodyOf, headOf, level } from './collapse';
import { COLLAPSE_LINES, HEAD_CHARS, HEAD_LINES, MAX_MARKS, MAX_SHOWN_CHARS } from './limits';

it('shows what people usually write whole', () => {
  expect(headOf('')).toBeNull();
  expect(headOf('word '.repeat(500))).toBeNull();
  expect(headOf('line\n'.repeat(COLLAPSE_LINES - 1))).toBeNull();
});

it('shows the beginning of what is long or has many lines', () => {
  expect(headOf('a'.repeat(16 * 1024))).toBe(`${'a'.repeat(HEAD_CHARS)}…`);
  expect(headOf('a\n'.repeat(1_000))).toBe(`${'a\n'.repeat(HEAD_LINES).trim()}…`);
});

it('opens what this protocol can carry, and a part of what it cannot', () => {
  expect(bodyOf('a'.repeat(16 * 1024))).toBe('a'.repeat(16 * 1024));
  expect(bodyOf('a'.repeat(64 * 1024))).toBe(`${'a'.repeat(MAX_SHOWN_CHARS)}…`);
});

it('cuts no character in two', () => {
  const head = headOf(`a${'😀'.repeat(8_000)}`) ?? '';
  expect(() => encodeURIComponent(head)).not.toThrow();
});

it('lets only so many marks pile up on a letter, and every writing be', () => {
  expect(level(`a${'\u0301'.repeat(1_000)}b`)).toBe(`a${'\u0301'.repeat(MAX_MARKS)}b`);
  for (const text of ['Việt Nam', 'שָׁלוֹם', 'किताब', '🏳️‍🌈']) expect(level(text)).toBe(text);
});
