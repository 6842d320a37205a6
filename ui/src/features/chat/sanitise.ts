import DOMPurify from 'dompurify';

import type { Part } from './markdown';

const message = {
  ALLOWED_TAGS: [
    ...['p', 'br', 'hr', 'strong', 'em', 's', 'code', 'pre', 'a'],
    ...['ul', 'ol', 'li', 'blockquote'],
  ],
  ALLOWED_ATTR: ['href', 'start'],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/iu,
};
const code = { ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'] };

/** What markdown.ts made, with nothing in it but the few elements that a message has. */
export function sanitise(part: Part): Part {
  if (part.kind === 'html') return { ...part, html: DOMPurify.sanitize(part.html, message) };
  if (part.coloured === null) return part;
  const { whole, head } = part.coloured;
  const clean = DOMPurify.sanitize(whole, code);
  return {
    ...part,
    coloured: { whole: clean, head: head === whole ? clean : DOMPurify.sanitize(head, code) },
  };
}
