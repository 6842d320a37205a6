import type { PeerView } from '$/bindings/PeerView';

import { isHere } from './peers.svelte';

export type Happening = {
  id: string;
  at: number;
  kind: 'arrived' | 'left' | 'renamed';
  /** The device's id. */
  who: string;
  name: string;
  /** For `renamed`: the earlier name. */
  before: string | null;
};

const KEEP = 100;

/** What happened on the network while this window watched. Not stored anywhere. */
export class Happenings {
  list = $state.raw<Happening[]>([]);
  #next = 0;

  /** Notes what `peer` says compared with what was known of the device. */
  note(known: PeerView | undefined, peer: PeerView, at: number): void {
    const was = known !== undefined && isHere(known);
    const is = isHere(peer);
    if (was !== is) {
      this.#add({ kind: is ? 'arrived' : 'left', at, who: peer.id, name: peer.name });
    } else if (known && known.name !== peer.name) {
      this.#add({ kind: 'renamed', at, who: peer.id, name: peer.name, before: known.name });
    }
  }

  reset(): void {
    this.list = [];
  }

  #add(happening: Omit<Happening, 'id' | 'before'> & { before?: string }): void {
    this.#next += 1;
    const entry = { id: `happening-${this.#next}`, before: null, ...happening };
    this.list = [...this.list, entry].slice(-KEEP);
  }
}

export const happenings = new Happenings();
