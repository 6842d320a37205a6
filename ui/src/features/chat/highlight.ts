import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import lua from 'highlight.js/lib/languages/lua';
import markdown from 'highlight.js/lib/languages/markdown';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

import { MAX_COLOURED_CHARS, MAX_COLOURED_LINE } from './limits';

const languages = {
  ...{ bash, c, cpp, css, diff, go, ini, java, javascript, json, kotlin, lua, markdown },
  ...{ python, ruby, rust, sql, typescript, xml, yaml },
};
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

/** Code as HTML that is not yet sanitised. */
export type Coloured = {
  whole: string;
  /** Its first lines. */
  head: string;
};

/** Coloured code, or null when the language is unknown, or the code or one of its lines too long. */
export function colour(code: string, lang: string, headLines: number): Coloured | null {
  if (code.length > MAX_COLOURED_CHARS || !hljs.getLanguage(lang)) return null;
  const lines = code.split('\n');
  if (lines.some(({ length }) => length > MAX_COLOURED_LINE)) return null;
  const html = (text: string) =>
    hljs.highlight(text, { language: lang, ignoreIllegals: true }).value;
  const whole = html(code);
  const head = lines.length > headLines ? html(lines.slice(0, headLines).join('\n')) : whole;
  return { whole, head };
}

/** The language's full name, such as `Rust` for `rs`. */
export function languageName(lang: string): string {
  return hljs.getLanguage(lang)?.name ?? lang;
}
