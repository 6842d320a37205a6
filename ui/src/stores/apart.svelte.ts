import { SvelteMap } from 'svelte/reactivity';

import type { RefusalReason } from '$/bindings/RefusalReason';

/** A device that is near is tried again within minutes; one not told of for this long has left. */
const FORGET_MS = 15 * 60_000;

/** Reasons that are about passwords; `status` counts these devices together. */
const aboutPasswords: readonly RefusalReason[] = [
  'other_password',
  'no_password',
  'needs_password',
];

/** A number of devices that cannot come together with this one for the same reason. */
export type Group = { reason: RefusalReason; n: number };

/** Devices near that this one cannot come together with. */
export class Apart {
  readonly #byId = new SvelteMap<string, { reason: RefusalReason; at: number }>();

  note(id: string, reason: RefusalReason, at: number): void {
    this.#byId.set(id, { reason, at });
  }

  /** They came together after all. */
  joined(id: string): void {
    this.#byId.delete(id);
  }

  /**
   * What to tell, the most numerous first. `otherPassword` is the node's own count, which is right
   * even where this window missed why; `locked` is whether this network has a password.
   */
  groups(otherPassword: number, locked: boolean, now: number): Group[] {
    const counts = new Map<RefusalReason, number>();
    for (const { reason, at } of this.#byId.values()) {
      if (now - at < FORGET_MS) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    const known = aboutPasswords.filter((reason) => counts.has(reason));
    const [only, ...more] = known;
    for (const reason of known) counts.delete(reason);
    if (otherPassword > 0) {
      const any = locked ? 'other_password' : 'needs_password';
      counts.set(only !== undefined && more.length === 0 ? only : any, otherPassword);
    }
    return [...counts].map(([reason, n]) => ({ reason, n })).sort((a, b) => b.n - a.n);
  }

  reset(): void {
    this.#byId.clear();
  }
}

export const apart = new Apart();
