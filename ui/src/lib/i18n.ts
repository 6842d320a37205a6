import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';

import source from '$/locales/en.ftl?raw';

export type Args = Record<string, FluentVariable>;

const bundle = new FluentBundle('en', { useIsolating: false });
bundle.addResource(new FluentResource(source));

/** The locale of the words, which also decides how numbers and dates look. */
export const locale = 'en-GB';

/** A letter that is written from right to left, or a mark that turns what follows around. */
const turning =
  /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Isolates that nobody closed, or closed without opening, would reach beyond their text. */
const isolates = /[\u2066-\u2069]/gu;

/**
 * What somebody else wrote, so that it does not turn around the words that it stands among: a name
 * in Hebrew before a number, say. Needed where no element is around it, as in a title or a label.
 */
export function isolated(text: string): string {
  return turning.test(text) ? `\u2068${text.replace(isolates, '')}\u2069` : text;
}

/** The words for `id`. An id that is not in the catalogue shows as itself, so that it is seen. */
export function t(id: string, args?: Args): string {
  const pattern = bundle.getMessage(id)?.value;
  return pattern ? bundle.formatPattern(pattern, args && apart(args)) : id;
}

function apart(args: Args): Args {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      typeof value === 'string' ? isolated(value) : value,
    ]),
  );
}

export function hasWords(id: string): boolean {
  return bundle.hasMessage(id);
}
