import { KEEP_RENDERED, KEEP_RENDERED_CHARS, RENDER_DEADLINE_MS } from './limits';
import type { Part } from './markdown';
import type { Answer } from './rendering.worker';

/** What a worker has of a worker, so that tests can be one. */
export type Reader = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>;

/** The parts of a text; null when it is shown as it was written. */
export type Rendered = Part[] | null;

type Job = { text: string; waiting: Set<(rendered: Rendered) => void> };

/**
 * Has texts rendered by a worker, one after the other. One that takes too long is shown as it was
 * written, and another worker goes on with the next.
 */
export class Rendering {
  readonly #start: () => Reader;
  readonly #sanitise: (part: Part) => Part;
  readonly #known = new Map<string, Rendered>();
  readonly #jobs = new Map<string, Job>();
  #chars = 0;
  #reader: Reader | undefined;
  #current: Job | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(start: () => Reader, sanitise: (part: Part) => Part) {
    this.#start = start;
    this.#sanitise = sanitise;
  }

  /** What is known of `text`; undefined before it was rendered. */
  known(text: string): Rendered | undefined {
    return this.#known.get(text);
  }

  /** Calls `done` once `text` is rendered, later than now. The function returned calls it off. */
  ask(text: string, done: (rendered: Rendered) => void): () => void {
    const job = this.#jobs.get(text) ?? { text, waiting: new Set() };
    job.waiting.add(done);
    this.#jobs.set(text, job);
    this.#next();
    return () => {
      job.waiting.delete(done);
      // What nobody waits for any more, as its row scrolled away, is not begun.
      if (job.waiting.size === 0 && job !== this.#current) this.#jobs.delete(text);
    };
  }

  #next(): void {
    if (this.#current) return;
    const job = this.#jobs.values().next().value;
    if (!job) return;
    this.#current = job;
    this.#reader ??= this.#open();
    this.#deadline = setTimeout(() => this.#giveUp(), RENDER_DEADLINE_MS);
    this.#reader.postMessage(job.text);
  }

  #open(): Reader {
    const reader = this.#start();
    // What a worker that was given up still says is not about the text in hand.
    reader.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (reader === this.#reader) this.#finish(data?.map(this.#sanitise) ?? null);
    };
    reader.onerror = () => {
      if (reader === this.#reader) this.#giveUp();
    };
    return reader;
  }

  #giveUp(): void {
    this.#reader?.terminate();
    this.#reader = undefined;
    this.#finish(null);
  }

  #finish(rendered: Rendered): void {
    clearTimeout(this.#deadline);
    const job = this.#current;
    this.#current = undefined;
    if (job) {
      this.#jobs.delete(job.text);
      this.#keep(job.text, rendered);
      for (const done of job.waiting) done(rendered);
    }
    this.#next();
  }

  #keep(text: string, rendered: Rendered): void {
    this.#known.set(text, rendered);
    this.#chars += text.length;
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= KEEP_RENDERED && this.#chars <= KEEP_RENDERED_CHARS) return;
      this.#known.delete(oldest);
      this.#chars -= oldest.length;
    }
  }
}
