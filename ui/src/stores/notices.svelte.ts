import type { ApiError } from '$/bindings/ApiError';

import { asApiError } from '$/api';

export type Notice = { id: number; tone: 'danger' | 'plain'; error?: ApiError; words?: string };

/** Short-lived messages that belong to no place on screen. */
class Notices {
  list = $state.raw<Notice[]>([]);
  #next = 0;

  /** A failure stays until it is dismissed. */
  fail(cause: unknown): void {
    const { code, message } = asApiError(cause);
    this.#add({ tone: 'danger', error: { code, message } });
  }

  say(words: string): void {
    const id = this.#add({ tone: 'plain', words });
    setTimeout(() => this.dismiss(id), 5000);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(notice: Omit<Notice, 'id'>): number {
    this.#next += 1;
    this.list = [...this.list.slice(-2), { id: this.#next, ...notice }];
    return this.#next;
  }
}

export const notices = new Notices();

/** Waits for an action and tells the user when it fails. */
export async function attempt<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (cause) {
    notices.fail(cause);
    return undefined;
  }
}
