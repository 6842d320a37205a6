import type { ApiError } from '$/bindings/ApiError';
import type { JoinForm } from '$/bindings/JoinForm';
import type { ReadyView } from '$/bindings/ReadyView';
import type { RelayMode } from '$/bindings/RelayMode';
import type { Session as SessionView } from '$/bindings/Session';

import { asApiError } from '$/api';

import { drafts } from './drafts.svelte';
import { host } from './host';
import { follow, forget, watch } from './model';
import { peers } from './peers.svelte';
import { router } from './router.svelte';

export type Step = 'port' | 'history' | 'people';
export const steps: readonly Step[] = ['port', 'history', 'people'];

/** Nobody has to answer for the app to open; this only spares most people an empty first look. */
const LOOK_AROUND_MS = 3000;

/** Where this window is between opening and leaving. */
class Session {
  phase = $state<'loading' | 'join' | 'joining' | 'open' | 'stopped' | 'broken'>('loading');
  step = $state<Step>('port');
  problem = $state.raw<ApiError | null>(null);
  ready = $state.raw<ReadyView | null>(null);
  view = $state.raw<SessionView | null>(null);

  async start(): Promise<void> {
    watch((event) => {
      if (event.event === 'stopped' && this.phase === 'open') this.phase = 'stopped';
      if (event.event === 'ready') this.ready = event;
      if (event.event === 'relay') this.relaysFor(event.relay);
    });
    try {
      const view = await host().session();
      this.view = view;
      this.problem = view.problem;
      if (view.joined) await this.#enter(view.joined);
      else this.phase = 'join';
    } catch (cause) {
      this.problem = asApiError(cause);
      this.phase = 'broken';
    }
  }

  async join(
    form: JoinForm,
    password: string | null,
    passphrase: string | null = null,
  ): Promise<void> {
    this.problem = null;
    this.step = 'port';
    this.phase = 'joining';
    try {
      const ready = await host().join(form, password, passphrase);
      if (this.view) this.view = { ...this.view, form };
      this.step = 'history';
      this.ready = ready;
      await follow();
      this.step = 'people';
      await somebodyOr(LOOK_AROUND_MS);
      this.phase = 'open';
    } catch (cause) {
      this.problem = asApiError(cause);
      this.phase = 'join';
    }
  }

  relaysFor(relay: RelayMode): void {
    if (this.ready) this.ready = { ...this.ready, relay };
  }

  async leave(): Promise<void> {
    await drafts.keep();
    await host().leave();
    forget();
    this.ready = null;
    // Whoever joins again comes to talk, not to what they left from.
    router.go('chats');
    this.phase = 'join';
  }

  async #enter(ready: ReadyView): Promise<void> {
    this.ready = ready;
    await follow();
    this.phase = 'open';
  }
}

/** Resolves when a device is reachable, at the latest after `ms`. */
function somebodyOr(ms: number): Promise<void> {
  if (peers.online > 0) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      unwatch();
      resolve();
    };
    const timer = setTimeout(finish, ms);
    const unwatch = watch((event) => {
      if (event.event === 'peer_up') finish();
    });
  });
}

export const session = new Session();
