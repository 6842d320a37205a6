// What a message may cost the window. Its text is whatever somebody nearby sent.

/** Longer messages start collapsed: more would push what others wrote out of sight. */
export const COLLAPSE_CHARS = 4_000;

/** So do those of more lines than about two windows hold. */
export const COLLAPSE_LINES = 60;

/** What a collapsed message shows of itself. */
export const HEAD_CHARS = 2_000;
export const HEAD_LINES = 30;

/**
 * What is shown of one that is opened: the longest that this protocol carries. Classic devices send
 * longer ones, and laying those out would be felt.
 */
export const MAX_SHOWN_CHARS = 16 * 1024;

/**
 * Marks on one letter. No writing needs as many; thousands of them take seconds to lay out, and
 * cover what others wrote.
 */
export const MAX_MARKS = 8;

/** Code of more lines starts collapsed, for the same reason. */
export const CODE_HEAD_LINES = 24;

/** Colouring longer code takes longer than it helps; hardly any code that people paste is longer. */
export const MAX_COLOURED_CHARS = 20_000;

/**
 * A longer line has been packed by a program, or made to keep the highlighter busy: several of its
 * languages take a time that grows with the square of a line.
 */
export const MAX_COLOURED_LINE = 1_000;

/**
 * Elements in one message. All of them are sanitised and laid out in the thread that answers to the
 * mouse; more than this would be felt, and nobody writes so many.
 */
export const MAX_ELEMENTS = 1_000;

/** Lists and quotations within each other. Deeper ones are text. */
export const MAX_NESTING = 20;

/** How long the worker may take over one message, in milliseconds. Honest ones take a few. */
export const RENDER_DEADLINE_MS = 1_000;

/** Rendered messages kept, for rows that scroll back into sight. */
export const KEEP_RENDERED = 300;

/** And the characters of their texts together, which bounds the memory that long ones take. */
export const KEEP_RENDERED_CHARS = 1_000_000;

/** What a list or a screen reader is told of a message; the rest is read in the message itself. */
export const PLAIN_CHARS = 500;
