import { SvelteMap } from 'svelte/reactivity';

import type { PeerRateView } from '$/bindings/PeerRateView';
import type { PeerStatus } from '$/bindings/PeerStatus';
import type { PeerView } from '$/bindings/PeerView';

/** Devices known, by id. */
export class Peers {
  readonly #byId = new SvelteMap<string, PeerView>();
  /** False until the first answer, so that nobody is told they are alone too early. */
  known = $state(false);

  /** Reachable first, among them contacts, then by name. */
  readonly list = $derived(
    [...this.#byId.values()].sort(
      (a, b) =>
        order.indexOf(a.status) - order.indexOf(b.status) ||
        Number(b.contact) - Number(a.contact) ||
        a.name.localeCompare(b.name),
    ),
  );
  /** How many others are here: what every count of people shows, without this device. */
  readonly online = $derived(this.list.filter(isHere).length);
  /** Heard, but connections to them fail. */
  readonly unreachable = $derived(this.list.filter(({ status }) => status === 'unreachable'));
  /** Whether a device that speaks only the classic protocol is around. */
  readonly someClassic = $derived(
    this.list.some(({ dialect, status }) => dialect === 'v1' && status !== 'offline'),
  );
  /** Names that more than one device carries. */
  readonly #ambiguous = $derived.by(() => {
    const seen = new Map<string, number>();
    for (const { name } of this.list) seen.set(name, (seen.get(name) ?? 0) + 1);
    return new Set([...seen].filter(([, times]) => times > 1).map(([name]) => name));
  });

  get(id: string): PeerView | undefined {
    return this.#byId.get(id);
  }

  upsert(peer: PeerView): void {
    this.#byId.set(peer.id, peer);
  }

  /** What flows now; nothing between us and those not named. */
  setRates(rates: PeerRateView[]): void {
    const flowing = new Map(rates.map(({ id, rate }) => [id, rate]));
    for (const peer of this.#byId.values()) {
      const rate = flowing.get(peer.id) ?? null;
      if (rate !== peer.rate) this.#byId.set(peer.id, { ...peer, rate });
    }
  }

  replace(peers: PeerView[]): void {
    this.#byId.clear();
    for (const peer of peers) this.#byId.set(peer.id, peer);
    this.known = true;
  }

  isAmbiguous(name: string): boolean {
    return this.#ambiguous.has(name);
  }

  reset(): void {
    this.#byId.clear();
    this.known = false;
  }
}

const order: readonly PeerStatus[] = ['direct', 'relayed', 'unreachable', 'offline'];

/** Whether what is said now reaches a device now. */
export function isHere({ status }: PeerView): boolean {
  return status === 'direct' || status === 'relayed';
}

export const peers = new Peers();
