import DOMPurify from 'dompurify';
import MarkdownIt from 'markdown-it';

/** A message in renderable parts: sanitised HTML, and code blocks that get their own controls. */
export type Part = { kind: 'html'; html: string } | { kind: 'code'; lang: string; code: string };

const md = new MarkdownIt({ html: false, linkify: true, breaks: true }).disable([
  'image',
  'heading',
  'lheading',
  'table',
  'html_block',
  'html_inline',
  'reference',
]);
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
md.validateLink = (href) => /^(?:https?|mailto):/iu.test(href.trim());

const allowed = {
  ALLOWED_TAGS: [
    ...['p', 'br', 'hr', 'strong', 'em', 's', 'code', 'pre', 'a'],
    ...['ul', 'ol', 'li', 'blockquote'],
  ],
  ALLOWED_ATTR: ['href', 'start'],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/iu,
};

const KEEP = 500;
const cache = new Map<string, Part[]>();

/** Renders Markdown without images, headings, tables or HTML. Cached by text. */
export function render(text: string): Part[] {
  const known = cache.get(text);
  if (known) return known;
  const parts = parse(text);
  if (cache.size >= KEEP) cache.delete(cache.keys().next().value ?? '');
  cache.set(text, parts);
  return parts;
}

function parse(text: string): Part[] {
  const env = {};
  const tokens = md.parse(text, env);
  const parts: Part[] = [];
  let run: typeof tokens = [];
  const flush = () => {
    if (run.length === 0) return;
    const html = md.renderer.render(run, md.options, env);
    parts.push({ kind: 'html', html: DOMPurify.sanitize(html, allowed) });
    run = [];
  };
  for (const token of tokens) {
    const isBlock = token.level === 0 && (token.type === 'fence' || token.type === 'code_block');
    if (!isBlock) {
      run.push(token);
      continue;
    }
    flush();
    const lang = token.info.trim().split(/\s/u)[0] ?? '';
    parts.push({ kind: 'code', lang, code: token.content.replace(/\n$/u, '') });
  }
  flush();
  return parts;
}
