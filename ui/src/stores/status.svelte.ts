import type { StatusView } from '$/bindings/StatusView';

/** Counters and rates; null until the node first says. */
class Status {
  view = $state.raw<StatusView | null>(null);

  readonly networkGone = $derived(this.view !== null && !this.view.network);
}

export const status = new Status();
