import { expect, it } from 'vitest';

import { MAX_ELEMENTS, MAX_NESTING } from './limits';
import { parse, type Part } from './markdown';
import { sanitise } from './sanitise';

const render = (text: string): Part[] | null => parse(text)?.map(sanitise) ?? null;

const html = (text: string) =>
  (render(text) ?? []).map((part) => (part.kind === 'html' ? part.html : '')).join('');

it('renders what people use in messages', () => {
  expect(html('**bold** and *soft* and `code`')).toContain(
    '<strong>bold</strong> and <em>soft</em> and <code>code</code>',
  );
  expect(html('- one\n- two')).toContain('<li>one</li>');
  expect(html('line\nbreak')).toContain('<br>');
});

it('gives code blocks their own part with their language', () => {
  expect(render('See:\n```rust\nfn main() {}\n```\nDone')).toEqual([
    { kind: 'html', html: '<p>See:</p>\n' },
    {
      kind: 'code',
      language: 'Rust',
      code: 'fn main() {}',
      coloured: { whole: expect.stringContaining('hljs-keyword'), head: expect.any(String) },
    },
    { kind: 'html', html: '<p>Done</p>\n' },
  ]);
});

it.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD4=)',
  '[x](vbscript:msgbox)',
  '<svg><script>alert(1)</script></svg>',
  '[x](https://example.org "onmouseover=alert(1)")',
  '<iframe srcdoc="x"></iframe>',
])('makes nothing active of %s', (text) => {
  const page = new DOMParser().parseFromString(html(text), 'text/html');
  expect(page.querySelector('script, img, iframe, svg, style, form, input')).toBeNull();
  for (const element of page.body.querySelectorAll('*')) {
    const attributes = element.getAttributeNames().filter((name) => name !== 'href');
    expect(attributes).toEqual([]);
    expect(element.getAttribute('href') ?? 'https:').toMatch(/^(?:https?|mailto):/u);
  }
});

it('shows no images, headings or tables', () => {
  expect(html('![photo](https://example.org/a.png)')).not.toContain('<img');
  expect(html('# Title')).not.toContain('<h1');
  expect(html('| a | b |\n| - | - |\n| 1 | 2 |')).not.toContain('<table');
});

it('links written addresses, and only whole ones', () => {
  expect(html('see https://example.org/notes.')).toContain('href="https://example.org/notes"');
  expect(html('readme.md and example.org')).not.toContain('<a');
});

it.each([
  ['stars', '*a* '.repeat(MAX_ELEMENTS)],
  ['links', 'https://a.b '.repeat(MAX_ELEMENTS)],
  ['short lines', 'a\n'.repeat(MAX_ELEMENTS + 1)],
  ['paragraphs', 'a\n\n'.repeat(MAX_ELEMENTS + 1)],
  ['code blocks', '```\na\n```\n'.repeat(MAX_ELEMENTS + 1)],
])('makes no more elements than a message may have of many %s', (_, text) => {
  expect(parse(text)).toBeNull();
});

it('nests only so deep', () => {
  const page = new DOMParser().parseFromString(html(`${'>'.repeat(500)} deep`), 'text/html');
  expect(page.querySelectorAll('blockquote').length).toBeLessThanOrEqual(MAX_NESTING);
});

it('shows code without colours when these would be too many elements', () => {
  const code = 'let x = 1;\n'.repeat(MAX_ELEMENTS);
  expect(parse(`\`\`\`rust\n${code}\`\`\``)).toEqual([
    expect.objectContaining({ kind: 'code', coloured: null }),
  ]);
});
