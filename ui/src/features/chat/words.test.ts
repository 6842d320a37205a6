import { expect, it } from 'vitest';

import { ben, message, SELF } from '$/api/mock/world';
import type { MessageState } from '$/bindings/MessageState';

import { PLAIN_CHARS } from './limits';
import { deliveryOf, journeyOf, plain, spoken } from './words';

const own = (state: MessageState, reached = 0) => ({
  ...message({ id: SELF, name: 'ana' }, 'hello', new Date(2026, 10, 22, 14, 3).getTime()),
  state,
  reached,
});

it('says in words how far a message got', () => {
  expect(deliveryOf(own('queued'), 0)).toEqual({ glyph: 'queued', words: 'Waiting for a route' });
  expect(deliveryOf(own('queued'), 2)).toEqual({ glyph: 'sending', words: 'Sending' });
  expect(deliveryOf(own('sent', 7), 9)).toEqual({ glyph: 'sent', words: 'Reached 7 devices' });
  expect(deliveryOf(own('failed'), 2)?.words).toBe('Not sent');
  expect(deliveryOf(message(ben, 'hi', 0), 2)).toBeNull();
});

it('is one sentence for a screen reader', () => {
  expect(spoken(own('sent', 2), 2)).toBe('You, 14:03, hello, Reached 2 devices');
  const sealed = { ...message(ben, '', own('sent').sent_at), readable: false };
  expect(spoken(sealed, 2)).toBe('ben, 14:03, Written under another password');
});

it('says how a message of someone else came, unless it came directly', () => {
  const heard = message(ben, 'hi', own('sent').sent_at);
  expect(spoken(heard, 2)).toBe('ben, 14:03, hi');
  expect(spoken({ ...heard, hops: 1 }, 2)).toBe('ben, 14:03, hi, Through 1 device');
  expect(journeyOf({ ...heard, late: true, hops: 2 })).toEqual([
    'Arrived late',
    'Through 2 devices',
  ]);
  expect(journeyOf({ ...heard, hops: null })).toEqual([]);
  expect(journeyOf({ ...own('sent'), hops: 3 })).toEqual([]);
});

it('tells of a clock that is far ahead', () => {
  const year2106 = { ...message(ben, 'hi', 4_291_747_200_000), place: own('sent').place };
  expect(journeyOf(year2106)).toEqual(['Their clock, or yours, is wrong by more than a day']);
});

it('drops the marks of Markdown where there is one line', () => {
  expect(plain('**Two** things:\n\n- `a`\n- [b](https://example.org)')).toBe('Two things: a b');
  expect(plain('```rust\nfn main() {}\n```')).toBe('fn main() {}');
});

it('reads no more of a message than a line needs, whatever is in it', () => {
  for (const text of ['[', '\n', ' ', '*'].map((each) => each.repeat(64 * 1024))) {
    expect(plain(text).length).toBeLessThanOrEqual(PLAIN_CHARS);
  }
});
