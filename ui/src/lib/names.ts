import { firstGrapheme } from './graphemes';

/** Up to two initials, as whole graphemes. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = (word: string) => firstGrapheme(word).toLocaleUpperCase();
  const [head, ...rest] = words;
  const last = rest.at(-1);
  return head === undefined ? '' : first(head) + (last === undefined ? '' : first(last));
}

/** How many lightnesses avatars come in: the tokens `--avatar-ground-0` and so on. */
export const TONES = 4;

/** What an avatar looks like. */
export type Colour = {
  /** In degrees, around the whole circle. */
  hue: number;
  /** One of {@link TONES}, from 0: it tells apart those whose hues are alike. */
  tone: number;
};

/** A colour that depends on the id alone, so that a copied name has another one. */
export function colourOf(id: string): Colour {
  const hash = mixed(id);
  return { hue: (hash >>> 8) % 360, tone: hash % TONES };
}

/** 32 bits of which each depends on all of `text`: FNV-1a, stirred as MurmurHash 3 ends. */
function mixed(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The part of an id that tells two people with the same name apart. */
export function shortId(id: string): string {
  return id.slice(0, 4);
}

/** What of a device's id two people can compare aloud; it begins with {@link shortId}. */
export function longerId(id: string): string {
  return `${id.slice(0, 4)} ${id.slice(4, 8)}`;
}
