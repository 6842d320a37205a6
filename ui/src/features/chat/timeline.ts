import type { MessageView } from '$/bindings/MessageView';
import type { TransferView } from '$/bindings/TransferView';

import { sameDay } from '$/lib/format';
import type { Happening } from '$/stores/happenings.svelte';

type Body =
  | { kind: 'message'; message: MessageView }
  | { kind: 'transfer'; transfer: TransferView }
  | { kind: 'happening'; happening: Happening };

/** One row of a conversation. */
export type Item = Body & {
  key: string;
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
  messages: MessageView[];
  transfers: TransferView[];
  happenings: Happening[];
  /** Whether older messages exist; rows older than the loaded ones would be out of place. */
  more: boolean;
  firstUnread: string | null;
};

export function timeline(parts: Parts): Item[] {
  const since = parts.more ? (parts.messages[0]?.received_at ?? 0) : 0;
  const rows = [
    ...parts.messages.map((message) => ({ at: message.received_at, body: messageRow(message) })),
    ...parts.transfers
      .filter(({ started_at }) => started_at >= since)
      .map((transfer) => ({ at: transfer.started_at, body: transferRow(transfer) })),
    ...parts.happenings
      .filter(({ at }) => at >= since)
      .map((happening) => ({ at: happening.at, body: happeningRow(happening) })),
  ].sort((a, b) => a.at - b.at);

  return rows.map(({ at, body }, index) => {
    const before = rows[index - 1];
    const newDay = before === undefined || !sameDay(before.at, at);
    const firstUnread = body.key === parts.firstUnread;
    const author = authorOf(body);
    const continues =
      before !== undefined &&
      !newDay &&
      !firstUnread &&
      author !== null &&
      author === authorOf(before.body) &&
      at - before.at <= RUN_MS;
    return { ...body, at, newDay, firstUnread, startsRun: !continues };
  });
}

type Row = Body & { key: string };

const messageRow = (message: MessageView): Row => ({ kind: 'message', key: message.id, message });
const transferRow = (transfer: TransferView): Row => ({
  kind: 'transfer',
  key: `transfer-${transfer.id}`,
  transfer,
});
const happeningRow = (happening: Happening): Row => ({
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
