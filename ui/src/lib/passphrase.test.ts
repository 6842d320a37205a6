import { describe, expect, it } from 'vitest';

import { enoughBits, estimateBits, generate, generatedBits, strength } from './passphrase';

describe('passphrases', () => {
  it('are three words that can be said aloud, and strong', () => {
    for (let round = 0; round < 50; round += 1) {
      const made = generate();
      expect(made).toMatch(/^[a-z]{5}-[a-z]{5}-[a-z]{5}$/u);
      expect(strength(made)).toBe('strong');
    }
    expect(generatedBits).toBeGreaterThan(enoughBits);
  });

  it('take every letter from the source of chance', () => {
    expect(generate(() => 0)).toBe('babab-babab-babab');
    expect(generate((below) => below - 1)).toBe('zuzuz-zuzuz-zuzuz');
  });

  it('warn about what can be guessed', () => {
    for (const weak of ['hello', 'maple', 'aaaaaaaaaaaaaaaaaaaaaaaa', '12345678']) {
      expect(strength(weak), weak).toBe('weak');
    }
    expect(estimateBits('')).toBe(0);
    expect(strength('Nine brown otters, 3 of them asleep')).toBe('strong');
  });
});
