import type { Reason } from '$/bindings/Reason';

import { size } from './format';
import { hasWords, t, type Args } from './i18n';

const inBytes = ['needed', 'free', 'size', 'limit'];

/** Why a message or a file is where it is, in words. */
export function reasonOf(reason: Reason): string {
  const id = `reason-${reason.code}`;
  if (!hasWords(id)) return t('reason-unknown');
  const fields = Object.entries(reason).map(
    ([name, value]: [string, string | number | boolean]) => [
      name,
      inBytes.includes(name)
        ? size(Number(value))
        : typeof value === 'boolean'
          ? String(value)
          : value,
    ],
  );
  return t(id, Object.fromEntries(fields) as Args);
}

/**
 * Whether accepting an arriving file again is what its words advise: the disk or the folder was in
 * the way, or its sender was lost and may be there again.
 */
export function canTryAgain(reason: Reason | null): boolean {
  if (reason === null) return false;
  return (
    ('kept' in reason && reason.kept) ||
    reason.code === 'no_room' ||
    reason.code === 'connection_lost'
  );
}
