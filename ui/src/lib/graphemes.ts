const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The longest character that is kept whole where a text is cut, in code units. A family of four with
 * skin tones has 19; characters without end can be made up.
 */
const MAX_UNITS = 64;

/** The length a reader would count. */
export function graphemeCount(text: string): number {
  return Array.from(graphemes.segment(text)).length;
}

/** The first character as a reader sees it: an emoji of many parts is one. */
export function firstGrapheme(text: string): string {
  const [first] = graphemes.segment(text);
  return first?.segment ?? '';
}

/** At most the first `end` code units of a text, of which the last belong to a whole character. */
export function cutAt(text: string, end: number): string {
  if (text.length <= end) return text;
  const from = Math.max(0, end - MAX_UNITS);
  const split = graphemes.segment(text.slice(from, end + MAX_UNITS)).containing(end - from);
  const start = from + (split?.index ?? end - from);
  if (start > from || from === 0) return text.slice(0, start);
  // Half of a pair of surrogates would show as a box.
  return text.slice(0, /[\uD800-\uDBFF]/u.test(text.charAt(end - 1)) ? end - 1 : end);
}
