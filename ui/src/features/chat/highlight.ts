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
import DOMPurify from 'dompurify';

const languages = {
  ...{ bash, c, cpp, css, diff, go, ini, java, javascript, json, kotlin, lua, markdown },
  ...{ python, ruby, rust, sql, typescript, xml, yaml },
};
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

/** Beyond this, colouring would hold up the window for longer than it helps. */
const MAX_CHARS = 60_000;

/** Coloured code as sanitised HTML, or null when the language is unknown or the code too long. */
export function highlight(code: string, lang: string): string | null {
  if (code.length > MAX_CHARS || !hljs.getLanguage(lang)) return null;
  const { value } = hljs.highlight(code, { language: lang, ignoreIllegals: true });
  return DOMPurify.sanitize(value, { ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'] });
}

/** The language's full name, such as `Rust` for `rs`. */
export function languageName(lang: string): string {
  return hljs.getLanguage(lang)?.name ?? lang;
}
