import type { MessageState } from '$/bindings/MessageState';
import type { MessageStateView } from '$/bindings/MessageStateView';
import type { MessageView } from '$/bindings/MessageView';

/** At most this many messages stay in memory while the newest are on screen. */
const KEEP = 600;

/** The loaded part of a conversation, in its order: the last one is the newest. */
export class Messages {
  list = $state.raw<MessageView[]>([]);
  /** Whether older messages exist than those loaded. */
  more = $state(false);
  /** False until the first page is here. */
  known = $state(false);
  readUpTo = $state<string | null>(null);

  /** States that overtook their message: the answer to `send` and the events travel apart. */
  readonly #early = new Map<string, MessageStateView>();

  /** Others' messages after the read marker. */
  readonly unread = $derived(this.heardAfter(this.readUpTo));

  /** Others' messages that stand after this one; all of them when it is not loaded. */
  heardAfter(id: string | null): MessageView[] {
    const at = this.list.findIndex((message) => message.id === id);
    return this.list.slice(at + 1).filter((message) => !message.own);
  }

  /** Shows a message in its place. One that is known may move: something above it came late. */
  upsert(message: MessageView): void {
    const early = this.#early.get(message.id);
    this.#early.delete(message.id);
    const fresh =
      early && follows(message.state, early) ? { ...message, ...stateOf(early) } : message;
    const others = this.list.filter(({ id }) => id !== message.id);
    const at = others.findLastIndex((other) => compare(other, fresh) < 0) + 1;
    // Above the oldest that is loaded there are others: a new one there comes with their page.
    const isNew = others.length === this.list.length;
    if (isNew && at === 0 && this.more) return;
    this.list = others.toSpliced(at, 0, fresh);
  }

  setState(change: MessageStateView): void {
    const at = this.list.findIndex(({ id }) => id === change.id);
    const message = this.list[at];
    if (!message) {
      const early = this.#early.get(change.id);
      if (!early || follows(early.state, change)) this.#early.set(change.id, change);
    } else if (follows(message.state, change)) {
      this.list = this.list.with(at, { ...message, ...stateOf(change) });
    }
  }

  /** The newest page, instead of whatever was loaded. */
  replace(page: MessageView[], more: boolean, readUpTo: string | null): void {
    this.list = page;
    this.more = more;
    this.readUpTo = readUpTo;
    this.known = true;
  }

  /** An older page; what is loaded already stays as it is. */
  prepend(page: MessageView[], more: boolean): void {
    const loaded = new Set(this.list.map(({ id }) => id));
    this.list = [...page.filter(({ id }) => !loaded.has(id)), ...this.list];
    this.more = more;
  }

  /** Forgets the oldest loaded messages; they can be asked for again. */
  trim(): void {
    if (this.list.length <= KEEP) return;
    this.list = this.list.slice(-KEEP);
    this.more = true;
  }

  reset(): void {
    this.list = [];
    this.more = false;
    this.known = false;
    this.readUpTo = null;
    this.#early.clear();
  }
}

/** The order of a conversation: by place, then by id. */
function compare(a: MessageView, b: MessageView): number {
  if (a.place !== b.place) return a.place - b.place;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/**
 * Where the node may say that a message got to. Who was there may leave, and what was carried may
 * not be kept any longer, but nothing is heard of one that arrived except that it was read. Only
 * one that failed is queued again: the answer to `retry` may come after what happened next.
 */
const next: Readonly<Record<MessageState, readonly MessageState[]>> = {
  queued: ['queued', 'sent', 'carried', 'delivered', 'read', 'failed'],
  sent: ['sent', 'carried', 'delivered', 'read', 'failed'],
  carried: ['sent', 'carried', 'delivered', 'read', 'failed'],
  delivered: ['delivered', 'read'],
  read: ['read'],
  failed: ['queued', 'sent', 'carried', 'delivered', 'read', 'failed'],
};

function follows(from: MessageState | null, { state }: MessageStateView): boolean {
  return from === null || next[from].includes(state);
}

const stateOf = ({ state, reason, reached }: MessageStateView) => ({ state, reason, reached });

/** Everyone, the one conversation there is. */
export const everyone = new Messages();
