import { SvelteMap } from 'svelte/reactivity';

import type { TransferView } from '$/bindings/TransferView';

export type Group = 'answer' | 'progress' | 'waiting' | 'earlier';

/** What a transfer asks of the user. */
export function groupOf({ state, direction }: TransferView): Group {
  switch (state) {
    case 'offered':
      return direction === 'in' ? 'answer' : 'waiting';
    case 'paused':
      return 'waiting';
    case 'active':
    case 'verifying':
      return 'progress';
    case 'done':
    case 'failed':
    case 'cancelled':
      return 'earlier';
  }
}

/** Current and past transfers, by id. */
export class Transfers {
  readonly #byId = new SvelteMap<string, TransferView>();
  known = $state(false);

  /** Oldest first. */
  readonly list = $derived([...this.#byId.values()].sort((a, b) => a.started_at - b.started_at));
  readonly groups = $derived.by(() => {
    const groups: Record<Group, TransferView[]> = {
      answer: [],
      progress: [],
      waiting: [],
      earlier: [],
    };
    for (const transfer of this.list) groups[groupOf(transfer)].push(transfer);
    groups.earlier.sort((a, b) => (b.ended_at ?? b.started_at) - (a.ended_at ?? a.started_at));
    return groups;
  });

  upsert(transfer: TransferView): void {
    this.#byId.set(transfer.id, transfer);
  }

  replace(transfers: TransferView[]): void {
    this.#byId.clear();
    for (const transfer of transfers) this.#byId.set(transfer.id, transfer);
    this.known = true;
  }

  reset(): void {
    this.#byId.clear();
    this.known = false;
  }
}

export const transfers = new Transfers();
