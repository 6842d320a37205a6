import { expect, it } from 'vitest';

import { canTryAgain, reasonOf } from './reason';

it('says what is missing, and what to do', () => {
  expect(reasonOf({ code: 'no_room', needed: 3_221_225_472, free: 1_684_971_520 })).toBe(
    'It needs 3.22 GB more and the disk has 1.68 GB free. Free some space, then try again.',
  );
  expect(reasonOf({ code: 'missed', devices: 2 })).toBe(
    '2 devices went away before they had all of it',
  );
  expect(reasonOf({ code: 'earlier', text: 'It was declined.' })).toBe('It was declined.');
});

it('advises to try again only where that can be done', () => {
  const kept = { code: 'disk_full', kept: true } as const;
  expect(canTryAgain(kept)).toBe(true);
  expect(reasonOf(kept)).toBe('The disk is full. Free some space, then try again.');
  expect(canTryAgain({ code: 'disk_full', kept: false })).toBe(false);
  expect(canTryAgain({ code: 'connection_lost' })).toBe(true);
  expect(canTryAgain({ code: 'waits_for_sender' })).toBe(false);
  expect(canTryAgain(null)).toBe(false);
});

it('says of a reason that only later versions know that they do', () => {
  const later = { code: 'eaten_by_the_dog' } as unknown as Parameters<typeof reasonOf>[0];
  expect(reasonOf(later)).toBe('A newer version of Gossamer knows why.');
});
