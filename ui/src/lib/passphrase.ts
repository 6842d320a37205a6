const consonants = 'bdfghjklmnprstvz';
const vowels = 'aeiou';
const shape = 'cvcvc';
const WORDS = 3;

/** Bits of chance in one generated passphrase. */
export const generatedBits =
  WORDS *
  [...shape].reduce(
    (bits, kind) => bits + Math.log2(kind === 'c' ? consonants.length : vowels.length),
    0,
  );

/** Below this somebody near could come upon it, try by try: each guess has to ask a device. */
export const enoughBits = 40;

/** Three made-up words that can be said aloud, such as `tavik-morel-sudan`. */
export function generate(random: (below: number) => number = secureBelow): string {
  const letter = (letters: string) => letters.charAt(random(letters.length));
  const word = () => [...shape].map((kind) => letter(kind === 'c' ? consonants : vowels)).join('');
  return Array.from({ length: WORDS }, word).join('-');
}

/** A careful estimate, in bits, for a password that a person typed or we generated. */
export function estimateBits(password: string): number {
  if (isGenerated(password)) return generatedBits;
  const letters = [...password];
  const distinct = new Set(letters).size;
  if (distinct === 0) return 0;
  const alphabet =
    (/[a-z]/u.test(password) ? 26 : 0) +
    (/[A-Z]/u.test(password) ? 26 : 0) +
    (/[0-9]/u.test(password) ? 10 : 0) +
    (/[^a-zA-Z0-9]/u.test(password) ? 20 : 0);
  // People choose words and patterns: count half of what chance would give, and repeats once.
  const effective = Math.min(letters.length, distinct * 2);
  return effective * Math.log2(Math.max(2, alphabet)) * 0.5;
}

export type Strength = 'weak' | 'fair' | 'strong';

export function strength(password: string): Strength {
  const bits = estimateBits(password);
  if (bits < enoughBits) return 'weak';
  return bits < 60 && !isGenerated(password) ? 'fair' : 'strong';
}

function isGenerated(password: string): boolean {
  const words = password.split('-');
  const pattern = new RegExp(
    `^${[...shape].map((kind) => `[${kind === 'c' ? consonants : vowels}]`).join('')}$`,
    'u',
  );
  return words.length === WORDS && words.every((word) => pattern.test(word));
}

/** Uniform: values above the largest multiple of `below` are drawn again. */
function secureBelow(below: number): number {
  const limit = 256 - (256 % below);
  const byte = new Uint8Array(1);
  do crypto.getRandomValues(byte);
  while ((byte[0] ?? 0) >= limit);
  return (byte[0] ?? 0) % below;
}
