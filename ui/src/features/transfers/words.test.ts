import { expect, it } from 'vitest';

import { ben, MB, SELF, transfer } from '$/api/mock/world';
import type { TransferView } from '$/bindings/TransferView';

import { describe as describeTransfer, tooBig } from './words';

const at = new Date(2026, 10, 22, 14, 3).getTime();
const words = (more: Partial<TransferView>, from = ben) =>
  describeTransfer(transfer(from, 'a.bin', 100 * MB, at, { ended_at: null, ...more })).map(
    ({ text }) => text,
  );

it('says what a transfer needs or does', () => {
  expect(words({ state: 'offered', free: 500 * MB })).toEqual(['100 MB', 'Fits, 500 MB free']);
  expect(words({ state: 'offered', free: 50 * MB })).toEqual([
    '100 MB',
    'Does not fit, 50 MB free',
  ]);
  expect(words({ state: 'offered' }, { id: SELF, name: 'ana' })).toEqual([
    '100 MB',
    'Starts when someone is near',
  ]);
  expect(words({ bytes: 62 * MB, rate: 4 * MB, eta: 9500 })).toEqual([
    '62% of 100 MB',
    '4.00 MB/s',
    '10 s left',
  ]);
  expect(words({ bytes: 62 * MB })).toEqual(['62% of 100 MB']);
  expect(words({ state: 'paused', bytes: 10 * MB, reason: { code: 'waits_for_sender' } })).toEqual([
    'Paused at 10%',
    '100 MB',
    'Goes on when its sender is back',
  ]);
  expect(words({ state: 'verifying' })).toEqual(['100 MB', 'Checking']);
  expect(words({ state: 'done', ended_at: at })).toEqual(['100 MB', 'Intact', '14:03']);
  expect(words({ state: 'failed', reason: { code: 'disk_full', kept: false } })).toEqual([
    'The disk is full. Free some space, then ask for the file again.',
  ]);
  expect(words({ state: 'cancelled', ended_at: at })).toEqual(['100 MB', 'Cancelled', '14:03']);
});

it('counts what is already here when it looks for room', () => {
  const offer = transfer(ben, 'a.bin', 100 * MB, at, { state: 'offered', free: 50 * MB });
  expect(tooBig(offer)).toBe(true);
  expect(tooBig({ ...offer, bytes: 60 * MB })).toBe(false);
  expect(tooBig({ ...offer, free: null })).toBe(false);
});
