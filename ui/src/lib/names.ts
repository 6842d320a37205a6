const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The length a reader would count. */
export function graphemeCount(text: string): number {
  return Array.from(graphemes.segment(text)).length;
}

/** Up to two initials, as whole graphemes. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = (word: string) => {
    const [segment] = graphemes.segment(word);
    return segment?.segment.toLocaleUpperCase() ?? '';
  };
  const [head, ...rest] = words;
  const last = rest.at(-1);
  return head === undefined ? '' : first(head) + (last === undefined ? '' : first(last));
}

/** A hue in degrees that depends on the id alone, so that a copied name has another colour. */
export function hue(id: string): number {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  }
  return ((hash >>> 0) * 137) % 360;
}

/** The part of an id that tells two people with the same name apart. */
export function shortId(id: string): string {
  return id.slice(0, 4);
}

/** What of a device's id two people can compare aloud; it begins with {@link shortId}. */
export function longerId(id: string): string {
  return `${id.slice(0, 4)} ${id.slice(4, 8)}`;
}
