import { expect, it } from 'vitest';

import { colour, languageName } from './highlight';
import { MAX_COLOURED_CHARS, MAX_COLOURED_LINE } from './limits';

it('colours code of a known language and escapes it', () => {
  const { whole } = colour('let x = "<b>";', 'rust', 10) ?? { whole: '' };
  expect(whole).toContain('hljs-keyword');
  expect(whole).not.toContain('<b>');
});

it('colours the first lines by themselves', () => {
  const coloured = colour('let one = 1;\nlet two = 2;', 'rust', 1);
  expect(coloured?.whole).toContain('two');
  expect(coloured?.head).not.toContain('two');
});

it('leaves unknown languages, long code and long lines as they are', () => {
  expect(colour('x', 'klingon', 1)).toBeNull();
  expect(colour('x\n'.repeat(MAX_COLOURED_CHARS), 'rust', 1)).toBeNull();
  expect(colour('x'.repeat(MAX_COLOURED_LINE + 1), 'rust', 1)).toBeNull();
});

it('names a language by its alias', () => {
  expect(languageName('rs')).toBe('Rust');
  expect(languageName('klingon')).toBe('klingon');
});
