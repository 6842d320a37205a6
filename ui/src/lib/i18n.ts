import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';

import source from '$/locales/en.ftl?raw';

export type Args = Record<string, FluentVariable>;

const bundle = new FluentBundle('en', { useIsolating: false });
bundle.addResource(new FluentResource(source));

/** The locale of the words, which also decides how numbers and dates look. */
export const locale = 'en-GB';

/** The words for `id`. An id that is not in the catalogue shows as itself, so that it is seen. */
export function t(id: string, args?: Args): string {
  const pattern = bundle.getMessage(id)?.value;
  return pattern ? bundle.formatPattern(pattern, args) : id;
}

export function hasWords(id: string): boolean {
  return bundle.hasMessage(id);
}
