import { expect, it } from 'vitest';

import { highlight, languageName } from './highlight';

it('colours code of a known language and escapes it', () => {
  const coloured = highlight('let x = "<b>";', 'rust') ?? '';
  expect(coloured).toContain('hljs-keyword');
  expect(coloured).not.toContain('<b>');
});

it('leaves unknown languages and very long code as they are', () => {
  expect(highlight('x', 'klingon')).toBeNull();
  expect(highlight('x'.repeat(100_000), 'rust')).toBeNull();
});

it('names a language by its alias', () => {
  expect(languageName('rs')).toBe('Rust');
  expect(languageName('klingon')).toBe('klingon');
});
