import { sameDay } from '$/lib/format';
import type { Happening } from '$/stores/happenings.svelte';

/** What happened to one or more people. */
export type Gathered = Happening & {
  /** Everyone it happened to, who are told of together. */
  names: string[];
};

/** So many who come and go without a word between them are told of one by one. */
const FEW = 2;

/**
 * Tells of many who came and went one after the other in a line for all who are here and one for
 * all who are away: of each only how it ended.
 */
export function gather(happenings: readonly Happening[]): Gathered[] {
  const gathered: Gathered[] = [];
  let run: Happening[] = [];
  const end = () => {
    gathered.push(...(run.length > FEW ? together(run) : run.map(alone)));
    run = [];
  };
  for (const happening of happenings) {
    const before = run.at(-1);
    if (before && !sameDay(before.at, happening.at)) end();
    if (happening.kind === 'renamed') {
      end();
      gathered.push(alone(happening));
    } else run.push(happening);
  }
  end();
  return gathered;
}

const alone = (happening: Happening): Gathered => ({ ...happening, names: [happening.name] });

function together(run: readonly Happening[]): Gathered[] {
  const ends = new Map<string, Happening>();
  for (const happening of run) {
    ends.delete(happening.who);
    ends.set(happening.who, happening);
  }
  const lines = (['arrived', 'left'] as const).flatMap((kind) => {
    const those = [...ends.values()].filter((end) => end.kind === kind);
    const latest = those.at(-1);
    // The first line of a run stays the same row while the run grows.
    return latest
      ? [{ ...latest, id: `${run[0]?.id}-${kind}`, names: those.map(({ name }) => name) }]
      : [];
  });
  return lines.sort((a, b) => a.at - b.at);
}
