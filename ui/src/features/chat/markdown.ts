import MarkdownIt from 'markdown-it';

import { colour, languageName, type Coloured } from './highlight';
import { CODE_HEAD_LINES, MAX_ELEMENTS, MAX_NESTING } from './limits';

/** A code block, which gets its own controls. The colours are HTML, not yet sanitised. */
export type Code = {
  kind: 'code';
  /** The language's full name; empty when none was given. */
  language: string;
  code: string;
  /** Null when it is shown without colours. */
  coloured: Coloured | null;
};

/** A message in renderable parts. Their HTML has to go through sanitise.ts. */
export type Part = { kind: 'html'; html: string } | Code;

const md = new MarkdownIt({ html: false, linkify: true, breaks: true }).disable([
  'image',
  'heading',
  'lheading',
  'table',
  'html_block',
  'html_inline',
  'reference',
]);
md.set({ maxNesting: MAX_NESTING });
// Of what has no scheme, mail addresses and what begins with `www.` are links; `readme.md` is none.
md.linkify.set({ fuzzyLink: false, fuzzyEmail: true });
md.linkify.add('www.', {
  validate(text, pos, { re }) {
    const before = text.charAt(pos - 'www.'.length - 1);
    if (/[.:/\\\-@]/u.test(before)) return 0;
    const rest = re.get_relative_proto_validator();
    rest.lastIndex = pos;
    return rest.exec(text)?.[0].length ?? 0;
  },
  normalize(match) {
    match.url = `https://${match.url}`;
  },
});
md.validateLink = (href) => /^(?:https?|mailto):/iu.test(href.trim());

/**
 * Renders Markdown without images, headings, tables or HTML; null when that makes more elements
 * than a message may have. Takes as long as the text wants it to: for the worker only.
 */
export function parse(text: string): Part[] | null {
  const env = {};
  const tokens = md.parse(text, env);
  const parts: Part[] = [];
  let run: typeof tokens = [];
  let room = MAX_ELEMENTS;
  const flush = () => {
    if (run.length === 0) return;
    const html = md.renderer.render(run, md.options, env);
    room -= elements(html);
    parts.push({ kind: 'html', html });
    run = [];
  };
  for (const token of tokens) {
    const isBlock = token.level === 0 && (token.type === 'fence' || token.type === 'code_block');
    if (!isBlock) {
      run.push(token);
      continue;
    }
    flush();
    const code = codeOf(token.info, token.content, room);
    room -= 1 + (code.coloured ? elements(code.coloured.whole) : 0);
    parts.push(code);
  }
  flush();
  return room < 0 ? null : parts;
}

function codeOf(info: string, content: string, room: number): Code {
  const lang = info.trim().split(/\s/u)[0] ?? '';
  const code = content.replace(/\n$/u, '');
  const coloured = colour(code, lang, CODE_HEAD_LINES);
  const fits = coloured !== null && elements(coloured.whole) < room;
  return { kind: 'code', language: languageName(lang), code, coloured: fits ? coloured : null };
}

/** How many elements `html` makes. Text has no `<` of its own: it is escaped. */
function elements(html: string): number {
  return html.match(/<[a-z]/gu)?.length ?? 0;
}
