import { expect, it } from 'vitest';

import { cutAt, firstGrapheme, graphemeCount } from './graphemes';

/** Each is one character to a reader: keycap, flags, hearts, and a bird of Unicode 15.1. */
const emoji = ['1️⃣', '🏳️‍🌈', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🇩🇪', '❤️‍🔥', '🐦‍🔥', '👩‍👩‍👧‍👦', '👩🏽‍🚀', '🫩'];

it('counts characters as a reader does', () => {
  expect(graphemeCount('José')).toBe(4);
  for (const one of emoji) expect(graphemeCount(one)).toBe(1);
  expect(graphemeCount(emoji.join(''))).toBe(emoji.length);
});

it('takes an emoji of many parts for one character', () => {
  for (const one of emoji) expect(firstGrapheme(`${one}ben`)).toBe(one);
  expect(firstGrapheme('')).toBe('');
});

it('cuts before an emoji that would be cut in two', () => {
  for (const one of emoji) {
    for (let end = 3; end < 3 + one.length; end += 1) expect(cutAt(`abc${one}`, end)).toBe('abc');
    expect(cutAt(`abc${one}`, 3 + one.length)).toBe(`abc${one}`);
  }
});

it('cuts a character without end, but never half of a pair', () => {
  const chain = '👩‍'.repeat(1_000);
  for (const end of [999, 1_000, 1_001]) {
    const cut = cutAt(chain, end);
    expect(cut.length).toBeGreaterThanOrEqual(end - 65);
    expect(() => encodeURIComponent(cut)).not.toThrow();
  }
});
