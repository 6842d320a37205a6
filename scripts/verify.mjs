// `npm run verify -- KIND [--repeat N]`: the long runs that `npm test` has no time for.
//
// A KIND is a suite of `npm test`, repeated until it fails or N (10) runs are green, or
// `properties`, the Rust property tests with N (10 000) cases each, or
// `sim [SCENARIO...] [--seeds N] [--nodes M] [--seed FIRST]`, the simulator.

import { parseArgs } from 'node:util';
import { Failure, main, run } from './lib/run.mjs';
import { choose, prepare, runSuite, summarise } from './lib/session.mjs';
import { note } from './lib/say.mjs';
import { simulate } from './lib/suites.mjs';

const USAGE = `Usage: npm run verify -- <suite | properties> [--repeat N]
       npm run verify -- sim [scenario...] [--seeds N] [--nodes M] [--seed FIRST]`;

main(async (args) => {
  if (args[0] === 'sim') return simulation(args.slice(1));
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { repeat: { type: 'string' } },
  });
  const [kind, ...more] = positionals;
  const repeat = values.repeat === undefined ? undefined : Number(values.repeat);
  const countable = repeat === undefined || (Number.isInteger(repeat) && repeat > 0);
  if (kind === undefined || more.length > 0 || !countable) throw new Failure(USAGE);
  return kind === 'properties' ? properties(repeat ?? 10_000) : soak(kind, repeat ?? 10);
});

async function properties(cases) {
  await prepare(choose(['unit']));
  await run('cargo', ['test', '--workspace'], {
    env: { PROPTEST_CASES: String(cases) },
  });
}

/** The program of tests/sim reads its arguments itself. */
async function simulation(args) {
  const started = performance.now();
  const [suite] = choose(['sim']);
  await prepare([suite]);
  const run = await runSuite({ ...suite, run: () => simulate(args) });
  return summarise([run], performance.now() - started);
}

async function soak(kind, repeat) {
  const started = performance.now();
  const [suite] = choose([kind]);
  await prepare([suite]);
  const runs = [];
  while (runs.length < repeat && runs.every(({ failed }) => failed === 0)) {
    note(`Run ${runs.length + 1} of ${repeat}`);
    runs.push(await runSuite(suite));
  }
  return summarise(runs, performance.now() - started);
}
