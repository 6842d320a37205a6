import { expect, it } from 'vitest';

import { graphemeCount, hue, initials } from './names';

it('takes initials as a reader sees them', () => {
  expect(initials('ana')).toBe('A');
  expect(initials('  ben  van der cleo ')).toBe('BC');
  expect(initials('👩‍🚀 zoe')).toBe('👩‍🚀Z');
  expect(initials('')).toBe('');
});

it('counts characters as a reader does', () => {
  expect(graphemeCount('José')).toBe(4);
  expect(graphemeCount('👩‍👩‍👧‍👦')).toBe(1);
});

it('gives two devices of one name different colours', () => {
  expect(hue('7b3e91c4')).not.toBe(hue('7b3e91c5'));
  expect(hue('7b3e91c4')).toBe(hue('7b3e91c4'));
});
