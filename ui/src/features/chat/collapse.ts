import { cutAt } from '$/lib/graphemes';

import {
  COLLAPSE_CHARS,
  COLLAPSE_LINES,
  HEAD_CHARS,
  HEAD_LINES,
  MAX_MARKS,
  MAX_SHOWN_CHARS,
} from './limits';

const piles = new RegExp(`(\\p{M}{${MAX_MARKS}})\\p{M}+`, 'gu');

/** A text without the marks that pile up on one letter. */
export function level(text: string): string {
  return text.replace(piles, '$1');
}

/** The beginning of a long text; null of one that is shown whole. */
export function headOf(text: string): string | null {
  if (text.length <= COLLAPSE_CHARS && nthLine(text, COLLAPSE_LINES) === -1) return null;
  const lines = nthLine(text, HEAD_LINES);
  const end = Math.min(HEAD_CHARS, lines === -1 ? text.length : lines);
  return `${cutAt(text, end)}…`;
}

/** As much of an opened text as is shown. */
export function bodyOf(text: string): string {
  return text.length > MAX_SHOWN_CHARS ? `${cutAt(text, MAX_SHOWN_CHARS)}…` : text;
}

/** Where the line break after line `n` is, or -1. */
function nthLine(text: string, n: number): number {
  let at = -1;
  for (let line = 0; line < n; line += 1) {
    at = text.indexOf('\n', at + 1);
    if (at === -1) return -1;
  }
  return at;
}
