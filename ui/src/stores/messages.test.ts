import { beforeEach, expect, it } from 'vitest';

import { ben, message, SELF } from '$/api/mock/world';

import { Messages } from './messages.svelte';

let messages: Messages;
const ana = { id: SELF, name: 'ana' };
const texts = () => messages.list.map(({ text }) => text);

beforeEach(() => {
  messages = new Messages();
});

it('keeps messages in the order in which they reached this device', () => {
  messages.upsert(message(ben, 'first', 10));
  messages.upsert(message(ben, 'third', 30));
  messages.upsert(message(ben, 'second', 20));
  messages.upsert(message(ben, 'also second', 20));
  expect(texts()).toEqual(['first', 'second', 'also second', 'third']);
});

it('shows a message once, however often it is told of', () => {
  const known = message(ben, 'hello', 10);
  messages.upsert(known);
  messages.upsert({ ...known, text: 'hello again' });
  expect(texts()).toEqual(['hello again']);
});

it('takes a state that overtook its message', () => {
  const sent = { ...message(ana, 'hello', 10), state: 'queued' as const };
  messages.setState({ id: sent.id, state: 'sent', reason: null, reached: 3 });
  messages.upsert(sent);
  expect(messages.list[0]).toMatchObject({ state: 'sent', reached: 3 });
});

it('never goes back in state, except to try again after a failure', () => {
  const sent = message(ana, 'hello', 10);
  messages.upsert({ ...sent, state: 'sent', reached: 3 });
  messages.setState({ id: sent.id, state: 'queued', reason: null, reached: 0 });
  expect(messages.list[0]).toMatchObject({ state: 'sent', reached: 3 });

  messages.upsert({ ...sent, state: 'failed' });
  messages.setState({ id: sent.id, state: 'queued', reason: null, reached: 0 });
  expect(messages.list[0]?.state).toBe('queued');
});

it('counts as unread what others said after the marker', () => {
  const page = [message(ben, 'a', 1), message(ben, 'b', 2), message(ana, 'c', 3)];
  messages.replace(page, false, page[0]?.id ?? null);
  messages.upsert(message(ben, 'd', 4));
  expect(messages.unread.map(({ text }) => text)).toEqual(['b', 'd']);
});

it('puts older pages in front without doubles', () => {
  const old = message(ben, 'old', 1);
  const seam = message(ben, 'seam', 2);
  messages.replace([seam, message(ben, 'new', 3)], true, null);
  messages.prepend([old, seam], false);
  expect(texts()).toEqual(['old', 'seam', 'new']);
  expect(messages.more).toBe(false);
});

it('forgets the oldest of many and knows that there are more', () => {
  const many = Array.from({ length: 700 }, (_, index) => message(ben, `${index}`, index));
  messages.replace(many, false, null);
  messages.trim();
  expect(messages.list).toHaveLength(600);
  expect(texts().at(-1)).toBe('699');
  expect(messages.more).toBe(true);
});
