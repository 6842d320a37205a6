import { expect, it } from 'vitest';

import { ben, cleo, message, MINUTE, transfer } from '$/api/mock/world';

import { timeline } from './timeline';

const noon = new Date(2026, 10, 22, 12).getTime();
const parts = { messages: [], transfers: [], happenings: [], more: false, firstUnread: null };

it('puts messages and files in the order in which they came', () => {
  const items = timeline({
    ...parts,
    messages: [message(ben, 'one', noon), message(ben, 'three', noon + 2 * MINUTE)],
    transfers: [transfer(cleo, 'two.txt', 1, noon + MINUTE, {})],
  });
  expect(items.map(({ kind }) => kind)).toEqual(['message', 'transfer', 'message']);
});

it('puts a file below what was here before it, whatever the clocks of others say', () => {
  const ahead = { ...message(ben, 'from a clock ahead', noon + 60 * MINUTE), received_at: noon };
  const late = { ...message(cleo, 'late', noon - MINUTE), received_at: noon + 5 * MINUTE };
  const items = timeline({
    ...parts,
    messages: [late, ahead, message(ben, 'later', noon + 61 * MINUTE)],
    transfers: [transfer(cleo, 'file.txt', 1, noon + MINUTE, {})],
  });
  expect(items.map(({ kind }) => kind)).toEqual(['message', 'message', 'transfer', 'message']);
  expect(items[1]?.at).toBe(noon);
});

it('starts each day once, by when things were written', () => {
  const midnight = noon - 12 * 60 * MINUTE;
  const yesterday = (minutes: number) => message(ben, 'yesterday', midnight - minutes * MINUTE);
  const items = timeline({
    ...parts,
    messages: [
      yesterday(9),
      { ...yesterday(8), received_at: noon, late: true },
      yesterday(7),
      message(ben, 'today', noon),
      { ...message(cleo, 'an answer from a clock behind', midnight - MINUTE), place: noon + 1 },
      message(ben, 'still today', noon + 2),
    ],
  });
  expect(items.map(({ newDay }) => newDay)).toEqual([true, false, false, true, false, false]);
});

it('groups what one author says within five minutes', () => {
  const messages = [
    message(ben, 'a', noon),
    message(ben, 'b', noon + 4 * MINUTE),
    message(ben, 'c', noon + 10 * MINUTE),
    message(cleo, 'd', noon + 11 * MINUTE),
  ];
  const items = timeline({ ...parts, messages });
  expect(items.map(({ startsRun }) => startsRun)).toEqual([true, false, true, true]);
});

it('starts days and the unread part with a line, which also ends a run', () => {
  const messages = [
    message(ben, 'before midnight', noon - 12 * 60 * MINUTE - MINUTE),
    message(ben, 'after midnight', noon - 12 * 60 * MINUTE + MINUTE),
    message(ben, 'unread', noon - 12 * 60 * MINUTE + 2 * MINUTE),
  ];
  const items = timeline({ ...parts, messages, firstUnread: messages[2]?.id ?? null });
  expect(items.map(({ newDay }) => newDay)).toEqual([true, true, false]);
  expect(items.map(({ firstUnread }) => firstUnread)).toEqual([false, false, true]);
  expect(items.map(({ startsRun }) => startsRun)).toEqual([true, true, true]);
});

it('leaves out files older than the loaded messages while there are older ones', () => {
  const input = {
    ...parts,
    messages: [message(ben, 'newest page', noon)],
    transfers: [transfer(ben, 'old.txt', 1, noon - MINUTE, {})],
  };
  expect(timeline({ ...input, more: true })).toHaveLength(1);
  expect(timeline(input)).toHaveLength(2);
});

it('tells in one line of many who come with nothing between them', () => {
  const comes = (name: string, at: number) => ({
    id: `happening-${name}`,
    at,
    kind: 'arrived' as const,
    who: name,
    name,
    before: null,
  });
  const happenings = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, index) =>
    comes(name, noon + (index < 3 ? 0 : 2 * MINUTE)),
  );
  const items = timeline({
    ...parts,
    happenings,
    messages: [message(ben, 'hello', noon + MINUTE)],
    transfers: [transfer(cleo, 'a.txt', 1, noon + 3 * MINUTE, {})],
  });
  expect(items.map(({ kind }) => kind)).toEqual(['happening', 'message', 'happening', 'transfer']);
});
