import { beforeEach, expect, it } from 'vitest';

import { ben, cleo, message, SELF } from '$/api/mock/world';

import { Messages } from './messages.svelte';

let messages: Messages;
const ana = { id: SELF, name: 'ana' };
const texts = () => messages.list.map(({ text }) => text);

beforeEach(() => {
  messages = new Messages();
});

it('keeps messages by place, and by id in one place, however they come', () => {
  const at = (place: number, id: string) => ({ ...message(ben, id, 99 - place), place, id });
  for (const [place, id] of [
    [10, 'a'],
    [30, 'e'],
    [20, 'c'],
    [20, 'b'],
    [20, 'd'],
  ] as const) {
    messages.upsert(at(place, id));
  }
  expect(texts()).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('moves a message that is told of in another place', () => {
  const answer = message(ben, 'answer', 10);
  messages.replace([answer, message(cleo, 'meanwhile', 20)], false, null);
  messages.upsert({ ...message(ana, 'question', 30), late: true });
  messages.upsert({ ...answer, place: 31 });
  expect(texts()).toEqual(['meanwhile', 'question', 'answer']);
});

it('leaves what stands above the loaded messages to its page', () => {
  const oldest = message(ben, 'oldest loaded', 20);
  messages.replace([oldest, message(ben, 'newest', 30)], true, null);
  messages.upsert({ ...message(cleo, 'far above', 10), late: true });
  expect(texts()).toEqual(['oldest loaded', 'newest']);
  messages.upsert({ ...oldest, text: 'oldest, readable now' });
  expect(texts()).toEqual(['oldest, readable now', 'newest']);
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

it('is queued again only to try again after a failure', () => {
  const sent = message(ana, 'hello', 10);
  messages.upsert({ ...sent, state: 'sent', reached: 3 });
  messages.setState({ id: sent.id, state: 'queued', reason: null, reached: 0 });
  expect(messages.list[0]).toMatchObject({ state: 'sent', reached: 3 });

  messages.upsert({ ...sent, state: 'failed' });
  messages.setState({ id: sent.id, state: 'queued', reason: null, reached: 0 });
  expect(messages.list[0]?.state).toBe('queued');
});

const STATES = ['queued', 'sent', 'carried', 'delivered', 'read', 'failed'] as const;

it.each([
  ['queued', [...STATES]],
  ['sent', ['sent', 'carried', 'delivered', 'read', 'failed']],
  ['carried', ['sent', 'carried', 'delivered', 'read', 'failed']],
  ['delivered', ['delivered', 'read']],
  ['read', ['read']],
  ['failed', [...STATES]],
] as const)('follows a message of ana that is %s wherever the node says it got', (from, to) => {
  const hello = { ...message(ana, 'hello', 10), reached: 1 };
  const followed = STATES.filter((state) => {
    messages.upsert({ ...hello, state: from });
    messages.setState({ id: hello.id, state, reason: null, reached: 2 });
    const [shown] = messages.list;
    // Either all of what is told is shown, or nothing of it.
    expect([2, 1]).toContain(shown?.reached);
    expect(shown?.state).toBe(shown?.reached === 2 ? state : from);
    return shown?.reached === 2;
  });
  expect(followed.toSorted()).toEqual(to.toSorted());
});

it('says why nobody carries a message of ana any more, until it is tried again', () => {
  const hello = message(ana, 'hello', 10);
  messages.upsert({ ...hello, state: 'carried', reached: 2 });
  const reason = { code: 'recipient_not_met' } as const;
  messages.setState({ id: hello.id, state: 'failed', reason, reached: 2 });
  expect(messages.list[0]).toMatchObject({ state: 'failed', reason });

  for (const state of ['queued', 'sent', 'carried', 'sent', 'delivered'] as const) {
    messages.setState({ id: hello.id, state, reason: null, reached: 2 });
    expect(messages.list[0]).toMatchObject({ state, reason: null });
  }
});

it('leaves a message of ana with ben once he has it, whatever is told late', () => {
  const hello = message(ana, 'hello', 10);
  for (const state of ['delivered', 'sent'] as const) {
    messages.setState({ id: hello.id, state, reason: null, reached: 1 });
  }
  messages.upsert({ ...hello, state: 'carried', reached: 1 });
  expect(messages.list[0]?.state).toBe('delivered');
  for (const state of ['queued', 'sent', 'carried', 'failed'] as const) {
    messages.setState({ id: hello.id, state, reason: null, reached: 1 });
    expect(messages.list[0]?.state).toBe('delivered');
  }
});

it('counts as unread what others said after the marker', () => {
  const page = [message(ben, 'a', 1), message(ben, 'b', 2), message(ana, 'c', 3)];
  messages.replace(page, false, page[0]?.id ?? null);
  messages.upsert(message(ben, 'd', 4));
  expect(messages.unread.map(({ text }) => text)).toEqual(['b', 'd']);
});

it('counts as unread what comes late after the marker, and not what comes before it', () => {
  const page = [message(ben, 'a', 10), message(ben, 'read', 20), message(ben, 'c', 30)];
  messages.replace(page, false, page[1]?.id ?? null);
  messages.upsert({ ...message(cleo, 'late, below', 25), late: true });
  messages.upsert({ ...message(cleo, 'late, above', 15), late: true });
  expect(messages.unread.map(({ text }) => text)).toEqual(['late, below', 'c']);
  expect(messages.heardAfter(null)).toHaveLength(5);
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
