import { expect, it } from 'vitest';

import { render } from './markdown';

const html = (text: string) =>
  render(text)
    .map((part) => (part.kind === 'html' ? part.html : ''))
    .join('');

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
    { kind: 'code', lang: 'rust', code: 'fn main() {}' },
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
