import { expect, it } from 'vitest';

import { colourOf, initials, TONES } from './names';

it('takes initials as a reader sees them', () => {
  expect(initials('ana')).toBe('A');
  expect(initials('  ben  van der cleo ')).toBe('BC');
  expect(initials('👩‍🚀 zoe')).toBe('👩‍🚀Z');
  expect(initials('1️⃣ ❤️‍🔥')).toBe('1️⃣❤️‍🔥');
  expect(initials('')).toBe('');
});

it('gives two devices of one name different colours', () => {
  expect(colourOf('7b3e91c4')).not.toEqual(colourOf('7b3e91c5'));
  expect(colourOf('7b3e91c4')).toEqual(colourOf('7b3e91c4'));
});

/** Thirty ids, spread by a counter that is multiplied. */
const crowd = Array.from({ length: 30 }, (_, n) =>
  (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0').repeat(8),
).map(colourOf);

it('uses the whole circle and every tone among thirty devices', () => {
  expect(new Set(crowd.map(({ tone }) => tone)).size).toBe(TONES);
  expect(new Set(crowd.map(({ hue }) => Math.floor(hue / 60))).size).toBe(6);
});

it('gives hardly any two of thirty devices colours that look alike', () => {
  const apart = (one: number, other: number) =>
    Math.min(Math.abs(one - other), 360 - Math.abs(one - other));
  const alike = crowd.flatMap((one, index) =>
    crowd.slice(index + 1).filter(({ hue, tone }) => tone === one.tone && apart(hue, one.hue) < 12),
  );
  // Of 435 pairs; with one tone there would be four times as many.
  expect(alike.length).toBeLessThanOrEqual(12);
});
