import { apart, type Group } from '$/stores/apart.svelte';
import { clock } from '$/stores/clock.svelte';
import { session } from '$/stores/session.svelte';
import { status } from '$/stores/status.svelte';

/** Devices near that cannot come together with this one, by reason; empty when there are none. */
export function groupsApart(): Group[] {
  const otherPassword = status.view?.other_password ?? 0;
  return apart.groups(otherPassword, session.ready?.password ?? false, clock.now);
}
