import type { MessageView } from '$/bindings/MessageView';
import type { TransferView } from '$/bindings/TransferView';

import { sameDay } from '$/lib/format';
import type { Happening } from '$/stores/happenings.svelte';

import { gather, type Gathered } from './gather';

type Body =
  | { kind: 'message'; message: MessageView }
  | { kind: 'transfer'; transfer: TransferView }
  | { kind: 'happening'; happening: Gathered };

/** One row of a conversation. */
export type Item = Body & {
  key: string;
  /** When it was written or happened. */
  at: number;
  /** The first row of its day. */
  newDay: boolean;
  /** The first row that was unread when the conversation was opened. */
  firstUnread: boolean;
  /** The first of a run by one author, which shows who it is. */
  startsRun: boolean;
};

/** Messages of one author this close together form a run. */
const RUN_MS = 5 * 60_000;

type Parts = {
  /** In the order of the conversation. */
  messages: MessageView[];
  transfers: TransferView[];
  happenings: Happening[];
  /** Whether older messages exist than these. */
  more: boolean;
  firstUnread: string | null;
};

/** When a message was written. A clock that is ahead does not put it after its arrival. */
export function writtenAt({ sent_at, received_at }: MessageView): number {
  return Math.min(sent_at, received_at);
}

export function timeline(parts: Parts): Item[] {
  const rows = merge(parts);
  let latest = -Infinity;
  return rows.map(({ at, body }, index) => {
    const before = rows[index - 1];
    // The clocks of others may lag: a day that has begun does not end for that.
    const newDay = before === undefined || (at > latest && !sameDay(latest, at));
    latest = Math.max(latest, at);
    const firstUnread = body.key === parts.firstUnread;
    const author = authorOf(body);
    const continues =
      before !== undefined &&
      !newDay &&
      !firstUnread &&
      author !== null &&
      author === authorOf(before.body) &&
      Math.abs(at - before.at) <= RUN_MS;
    return { ...body, at, newDay, firstUnread, startsRun: !continues };
  });
}

type Row = Body & { key: string };
type Timed = { at: number; body: Row };
type Other = { at: number } & ({ transfer: TransferView } | { happening: Happening });

/**
 * Messages in their order, and everything else below the last of them that was here before it.
 * What would stand above all of them has no place while older ones are not loaded.
 */
function merge({ messages, transfers, happenings, more }: Parts): Timed[] {
  const others: Other[] = [
    ...transfers.map((transfer) => ({ at: transfer.started_at, transfer })),
    ...happenings.map((happening) => ({ at: happening.at, happening })),
  ].sort((a, b) => a.at - b.at);

  const below = new Map<number, Other[]>();
  for (const other of others) {
    const index = messages.findLastIndex(({ received_at }) => received_at <= other.at);
    below.set(index, [...(below.get(index) ?? []), other]);
  }
  const above = more ? [] : otherRows(below.get(-1) ?? []);
  return above.concat(
    messages.flatMap((message, index) => [
      { at: writtenAt(message), body: messageRow(message) },
      ...otherRows(below.get(index) ?? []),
    ]),
  );
}

/** Files, and what happened between them. */
function otherRows(others: readonly Other[]): Timed[] {
  const rows: Timed[] = [];
  let happened: Happening[] = [];
  const flush = () => {
    rows.push(...gather(happened).map((each) => ({ at: each.at, body: happeningRow(each) })));
    happened = [];
  };
  for (const other of others) {
    if ('happening' in other) {
      happened.push(other.happening);
      continue;
    }
    flush();
    rows.push({ at: other.at, body: transferRow(other.transfer) });
  }
  flush();
  return rows;
}

const messageRow = (message: MessageView): Row => ({ kind: 'message', key: message.id, message });
const transferRow = (transfer: TransferView): Row => ({
  kind: 'transfer',
  key: `transfer-${transfer.id}`,
  transfer,
});
const happeningRow = (happening: Gathered): Row => ({
  kind: 'happening',
  key: happening.id,
  happening,
});

function authorOf(row: Row): string | null {
  switch (row.kind) {
    case 'message':
      return row.message.from.id;
    case 'transfer':
      return row.transfer.from.id;
    case 'happening':
      return null;
  }
}
