import type { TransferView } from '$/bindings/TransferView';

import { percent, rate, size, time, timeLeft } from '$/lib/format';
import { t } from '$/lib/i18n';
import { reasonOf } from '$/lib/reason';

/** One piece of the line under a file's name. */
export type Piece = { text: string; tone?: 'strong' | 'ok' | 'warn' | 'danger' };

/** Where a transfer is, in words. */
export function describe(transfer: TransferView): Piece[] {
  const { state, bytes, direction } = transfer;
  const reason = transfer.reason && reasonOf(transfer.reason);
  const total = size(transfer.size);
  switch (state) {
    case 'offered':
      return direction === 'in' ? offer(transfer) : [{ text: total }, waiting(transfer)];
    case 'active':
      return moving(transfer);
    case 'paused':
      return [
        { text: t('transfer-paused', { percent: percent(bytes, transfer.size) }), tone: 'warn' },
        { text: total },
        ...(reason ? [{ text: reason }] : []),
      ];
    case 'verifying':
      return [{ text: total }, { text: t('transfer-verifying') }];
    case 'done':
      return [{ text: total }, done(transfer), ended(transfer)];
    case 'failed':
      return [{ text: reason ?? t('transfer-failed'), tone: 'danger' }];
    case 'cancelled':
      return [{ text: total }, { text: reason ?? t('transfer-cancelled') }, ended(transfer)];
  }
}

/** Whether an offer cannot fit where it would land. */
export function tooBig({ size: needed, bytes, free }: TransferView): boolean {
  return free !== null && free < needed - bytes;
}

function offer(transfer: TransferView): Piece[] {
  const pieces: Piece[] = [{ text: size(transfer.size) }];
  if (transfer.free === null) return pieces;
  const free = size(transfer.free);
  pieces.push(
    tooBig(transfer)
      ? { text: t('transfer-too-big', { free }), tone: 'danger' }
      : { text: t('transfer-fits', { free }) },
  );
  return pieces;
}

function moving({ bytes, size: total, rate: speed, eta }: TransferView): Piece[] {
  const pieces: Piece[] = [
    { text: t('transfer-part', { percent: percent(bytes, total), size: size(total) }) },
  ];
  if (speed > 0) pieces.push({ text: rate(speed), tone: 'strong' });
  if (eta !== null) pieces.push({ text: timeLeft(eta) });
  return pieces;
}

function waiting({ reason }: TransferView): Piece {
  return { text: reason ? reasonOf(reason) : t('transfer-waits'), tone: 'warn' };
}

function done({ direction, reached }: TransferView): Piece {
  return direction === 'in'
    ? { text: t('transfer-intact'), tone: 'ok' }
    : { text: t('transfer-reached', { n: reached }), tone: 'ok' };
}

function ended({ ended_at, started_at }: TransferView): Piece {
  return { text: time(ended_at ?? started_at) };
}
