import type { MessageView } from '$/bindings/MessageView';

import { time } from '$/lib/format';
import { cutAt } from '$/lib/graphemes';
import { isolated, t } from '$/lib/i18n';

import type { Gathered } from './gather';
import { PLAIN_CHARS } from './limits';

/** How far an own message got: its shape and its words. */
export type Delivery = { glyph: 'sending' | NonNullable<MessageView['state']>; words: string };

export function deliveryOf(message: MessageView, online: number): Delivery | null {
  if (message.state === null) return null;
  // A queued message with somebody near is on its way at this moment.
  if (message.state === 'queued' && online > 0) {
    return { glyph: 'sending', words: t('state-sending') };
  }
  return { glyph: message.state, words: t(`state-${message.state}`, { n: message.reached }) };
}

/**
 * How a message of someone else came: by a clock that seems wrong, late, or through others. Nothing
 * when it came directly.
 */
export function journeyOf({ own, late, hops, place, sent_at }: MessageView): string[] {
  if (own) return [];
  return [
    ...(place < sent_at ? [t('message-misdated')] : []),
    ...(late ? [t('message-late')] : []),
    ...(hops ? [t('message-hops', { n: hops })] : []),
  ];
}

/** One sentence for a screen reader. */
export function spoken(message: MessageView, online: number): string {
  const delivery = deliveryOf(message, online);
  return [
    message.own ? t('you') : isolated(message.from.name),
    time(message.sent_at),
    message.readable ? isolated(plain(message.text)) : t('message-unreadable'),
    ...journeyOf(message),
    delivery?.words,
  ]
    .filter(Boolean)
    .join(', ');
}

/** A line of a list: the beginning of a message, without the marks of Markdown. */
export function plain(markdown: string): string {
  return cutAt(markdown, PLAIN_CHARS)
    .replace(/^```.*$/gmu, '')
    .replace(/[*_`~]+/gu, '')
    .replace(/^\s*(?:[-+>]|\d+\.)\s+/gmu, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/gu, '$1')
    .replace(/\s+/gu, ' ')
    .trim();
}

export function happeningWords({ kind, name, names, before }: Gathered): string {
  if (names.length > 1) return t(`happening-${kind}-many`, { n: names.length });
  return t(`happening-${kind}`, { name, before: before ?? '' });
}
