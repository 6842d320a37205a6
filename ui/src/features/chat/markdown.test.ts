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
  ['see www.example.org.', 'https://www.example.org', 'www.example.org'],
  ['(WWW.Example.org)', 'https://WWW.Example.org', 'WWW.Example.org'],
  ['www.example.org:8080/a_b_c?d=1#e', 'https://www.example.org:8080/a_b_c?d=1#e'],
  ['**www.example.org**', 'https://www.example.org'],
  ['www.b\u00fccher.example', 'https://www.xn--bcher-kva.example', 'www.b\u00fccher.example'],
  ['write to ana@example.org, soon', 'mailto:ana@example.org', 'ana@example.org'],
  ['<ana.b+list@mail.example.org>', 'mailto:ana.b+list@mail.example.org'],
  ['ana@www.example.org', 'mailto:ana@www.example.org'],
  ['https://www.example.org/', 'https://www.example.org/'],
])('makes one link of what is written in "%s"', (text, href, shown?: string) => {
  const page = new DOMParser().parseFromString(html(text), 'text/html');
  const links = [...page.querySelectorAll('a')];
  expect(links.map((link) => link.getAttribute('href'))).toEqual([href]);
  if (shown !== undefined) expect(links[0]?.textContent).toBe(shown);
});

it.each([
  'www.example',
  'www. example.org',
  'awww.example.org',
  'a.www.example.org',
  'smb://www.example.org/share',
  'ftp://www.example.org/',
  '@ana, meet @ben',
  'root@localhost',
  'user@',
  '`www.example.org` and `ana@example.org`',
])('makes no link of "%s"', (text) => {
  expect(html(text)).not.toContain('<a');
});

it('makes one link of each, however many there are', () => {
  const page = new DOMParser().parseFromString(
    html('www.a.example ana@b.example\nhttps://c.example www.a.example'),
    'text/html',
  );
  expect([...page.querySelectorAll('a')].map((link) => link.getAttribute('href'))).toEqual([
    'https://www.a.example',
    'mailto:ana@b.example',
    'https://c.example',
    'https://www.a.example',
  ]);
});

it.each([
  ['stars', '*a* '.repeat(MAX_ELEMENTS)],
  ['links', 'https://a.b '.repeat(MAX_ELEMENTS)],
  ['pages', 'www.a.b '.repeat(MAX_ELEMENTS)],
  ['mail addresses', 'a@b.c '.repeat(MAX_ELEMENTS)],
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
