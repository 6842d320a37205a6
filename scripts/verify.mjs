// `npm run verify -- KIND [--repeat N]`: the long runs that `npm test` has no time for.
//
// A KIND is a suite of `npm test`, repeated until it fails or N (10) runs are green, or
// `properties`, the Rust property tests with N (10 000) cases each, or
// `sim [SCENARIO...] [--seeds N] [--nodes M] [--seed FIRST]`, the simulator, or
// `hostile [--repeat N]`, all attacks of tests/hostile, once or N times, or
// `mutants [PART...]`, which changes to the code no test notices, or
// `fuzz [TARGET...] [--seconds N]`, the fuzz targets with N (60) seconds each.

import { parseArgs } from 'node:util';
import { fuzz } from './lib/fuzz.mjs';
import { mutants } from './lib/mutants.mjs';
import { installPackages } from './lib/packages.mjs';
import { Failure, main, run } from './lib/run.mjs';
import { choose, prepare, runSuite, summarise } from './lib/session.mjs';
import { note } from './lib/say.mjs';
import { hostile, simulate } from './lib/suites.mjs';
import { checkTools } from './lib/tools.mjs';

const USAGE = `Usage: npm run verify -- <suite | properties> [--repeat N]
       npm run verify -- sim [scenario...] [--seeds N] [--nodes M] [--seed FIRST]
       npm run verify -- hostile [--repeat N]
       npm run verify -- mutants [part...]
       npm run verify -- fuzz [target...] [--seconds N]`;

main(async (args) => {
  if (args[0] === 'sim') return simulation(args.slice(1));
  if (args[0] === 'fuzz') return fuzzing(args.slice(1));
  if (args[0] === 'mutants') return mutating(args.slice(1));
  const { words, number: repeat } = read(args, 'repeat');
  const [kind, ...more] = words;
  if (kind === undefined || more.length > 0) throw new Failure(USAGE);
  if (kind === 'properties') return properties(repeat ?? 10_000);
  if (kind === 'hostile') return soak(kind, repeat ?? 1, () => hostile({ all: true }));
  return soak(kind, repeat ?? 10);
});

/** Words, and the positive number that one option may give. */
function read(args, option) {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { [option]: { type: 'string' } },
  });
  const number = values[option] === undefined ? undefined : Number(values[option]);
  if (number !== undefined && !(Number.isInteger(number) && number > 0)) throw new Failure(USAGE);
  return { words: positionals, number };
}

async function fuzzing(args) {
  const { words: targets, number: seconds } = read(args, 'seconds');
  checkTools();
  await installPackages(['node']);
  await fuzz(targets, seconds ?? 60);
}

async function mutating(parts) {
  checkTools();
  await installPackages(['node']);
  return mutants(parts);
}

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
  const run = await runSuite({ ...suite, run: () => simulate(args, { long: true }) });
  return summarise([run], performance.now() - started);
}

async function soak(kind, repeat, instead) {
  const started = performance.now();
  const [suite] = choose([kind]);
  await prepare([suite]);
  const runs = [];
  while (runs.length < repeat && runs.every(({ failed }) => failed === 0)) {
    note(`Run ${runs.length + 1} of ${repeat}`);
    runs.push(await runSuite(instead ? { ...suite, run: instead } : suite));
  }
  return summarise(runs, performance.now() - started);
}
