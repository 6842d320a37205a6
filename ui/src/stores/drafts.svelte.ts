import type { DraftView } from '$/bindings/DraftView';

import { ask } from './host';
import { notices } from './notices.svelte';

/** How long typing pauses before it is kept, in milliseconds. */
const PAUSE = 300;

/**
 * What is typed and not sent yet, for each conversation. The node keeps it, as safe as the history; what is
 * typed here comes before what is kept there.
 */
export class Drafts {
  readonly #texts = new Map<string, string>();
  /** Conversations whose text the node may not have. */
  readonly #unkept = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** It is said once that nothing can be kept. */
  #failed = false;

  of(conversation: string): string {
    return this.#texts.get(conversation) ?? '';
  }

  write(conversation: string, text: string): void {
    if (text === this.of(conversation)) return;
    this.#texts.set(conversation, text);
    this.#unkept.add(conversation);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.keep(), PAUSE);
  }

  /** Has the node keep what it may not have. Never fails: what could not be kept stays here, and is tried again. */
  async keep(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all([...this.#unkept].map((conversation) => this.#keep(conversation)));
  }

  async #keep(conversation: string): Promise<void> {
    const text = this.of(conversation);
    try {
      await ask({ cmd: 'set_draft', conversation, text }, 'draft');
      if (this.of(conversation) === text) this.#unkept.delete(conversation);
      this.#failed = false;
    } catch (cause) {
      if (!this.#failed) notices.fail(cause);
      this.#failed = true;
    }
  }

  replace(drafts: DraftView[]): void {
    const kept = new Map(drafts.map(({ conversation, text }) => [conversation, text]));
    for (const conversation of new Set([...kept.keys(), ...this.#texts.keys()])) {
      if (this.#unkept.has(conversation)) continue;
      this.#texts.set(conversation, kept.get(conversation) ?? '');
    }
  }

  reset(): void {
    clearTimeout(this.#timer);
    this.#texts.clear();
    this.#unkept.clear();
    this.#failed = false;
  }
}

export const drafts = new Drafts();
