import type { Host, PageCommand } from '$/api';
import type { Event } from '$/bindings/Event';

let current: Host | undefined;

/** Set once, before anything is mounted. */
export function useHost(host: Host): void {
  current = host;
}

export function host(): Host {
  if (!current) throw new Error('no host yet');
  return current;
}

type Answer<Name extends Event['event']> = Extract<Event, { event: Name }>;

/** Runs a command whose answer is documented to be the event `name`. */
export async function ask<Name extends Event['event']>(
  command: PageCommand,
  name: Name,
): Promise<Answer<Name>> {
  const answer = await host().run(command);
  if (answer.event === name) return answer as Answer<Name>;
  throw { code: 'internal', message: `${command.cmd} was answered with ${answer.event}` };
}
