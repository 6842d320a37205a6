import { beforeEach, expect, it } from 'vitest';

import { Apart } from './apart.svelte';

const MINUTE = 60_000;
let apart: Apart;

beforeEach(() => {
  apart = new Apart();
});

it('says why devices with another password stay apart, as many as the node counts', () => {
  apart.note('a', 'no_password', 0);
  expect(apart.groups(3, true, MINUTE)).toEqual([{ reason: 'no_password', n: 3 }]);
});

it('says the general thing where the reasons differ or were missed', () => {
  expect(apart.groups(2, true, 0)).toEqual([{ reason: 'other_password', n: 2 }]);
  expect(apart.groups(2, false, 0)).toEqual([{ reason: 'needs_password', n: 2 }]);
  apart.note('a', 'no_password', 0);
  apart.note('b', 'other_password', 0);
  expect(apart.groups(2, true, 0)).toEqual([{ reason: 'other_password', n: 2 }]);
});

it('says nothing of passwords once the node counts none', () => {
  apart.note('a', 'other_password', 0);
  expect(apart.groups(0, true, 0)).toEqual([]);
});

it('tells other reasons apart, until they came together or were not heard of for long', () => {
  apart.note('a', 'other_version', 0);
  apart.note('b', 'other_version', 10 * MINUTE);
  apart.note('c', 'too_many_guesses', 10 * MINUTE);
  expect(apart.groups(0, true, 10 * MINUTE)).toEqual([
    { reason: 'other_version', n: 2 },
    { reason: 'too_many_guesses', n: 1 },
  ]);
  apart.joined('c');
  expect(apart.groups(0, true, 16 * MINUTE)).toEqual([{ reason: 'other_version', n: 1 }]);
});
