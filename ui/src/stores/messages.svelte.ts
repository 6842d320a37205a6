import type { MessageState } from '$/bindings/MessageState';
import type { MessageStateView } from '$/bindings/MessageStateView';
import type { MessageView } from '$/bindings/MessageView';

/** At most this many messages stay in memory while the newest are on screen. */
const KEEP = 600;

/** The loaded part of a conversation, oldest first. */
export class Messages {
  list = $state.raw<MessageView[]>([]);
  /** Whether older messages exist than those loaded. */
  more = $state(false);
  /** False until the first page is here. */
  known = $state(false);
  readUpTo = $state<string | null>(null);

  /** States that overtook their message: the answer to `send` and the events travel apart. */
  readonly #early = new Map<string, MessageStateView>();

  /** Others' messages after the read marker, oldest first. */
  readonly unread = $derived.by(() => {
    const marker = this.list.findIndex((message) => message.id === this.readUpTo);
    return this.list.slice(marker + 1).filter((message) => !message.own);
  });

  upsert(message: MessageView): void {
    const early = this.#early.get(message.id);
    this.#early.delete(message.id);
    const fresh =
      early && forward(message.state, early) ? { ...message, ...stateOf(early) } : message;
    const at = this.list.findIndex(({ id }) => id === message.id);
    if (at >= 0) {
      this.list = this.list.with(at, fresh);
      return;
    }
    const after = this.list.findLastIndex(({ received_at }) => received_at <= fresh.received_at);
    this.list = this.list.toSpliced(after + 1, 0, fresh);
  }

  setState(change: MessageStateView): void {
    const at = this.list.findIndex(({ id }) => id === change.id);
    const message = this.list[at];
    if (!message) this.#early.set(change.id, change);
    else if (forward(message.state, change)) {
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

const order: readonly MessageState[] = ['queued', 'failed', 'sent', 'carried', 'delivered', 'read'];

/** Answers and events travel apart; only from `failed` may a state go back, to `queued`. */
function forward(from: MessageState | null, { state }: MessageStateView): boolean {
  return from === null || from === 'failed' || order.indexOf(state) >= order.indexOf(from);
}

const stateOf = ({ state, reason, reached }: MessageStateView) => ({ state, reason, reached });

/** Everyone, the one conversation of a classic network. */
export const everyone = new Messages();
