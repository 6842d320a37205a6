// The fuzz targets of the wire, driven by cargo-fuzz and a nightly compiler.

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, output, root, run } from './run.mjs';
import { note, step } from './say.mjs';
import { hasCargo } from './tools.mjs';

const corpora = join(root, 'tests', 'fuzz', 'corpus');

/**
 * Runs each of these targets, all when there are none, for so many seconds. What is found lands in
 * artifacts/fuzz, beside the input of a crash.
 * @throws {Failure} on a crash, an unknown target, or where the tools are missing
 */
export async function fuzz(targets, seconds) {
  const known = readdirSync(corpora);
  const unknown = targets.filter((target) => !known.includes(target));
  if (unknown.length > 0) {
    throw new Failure(`There is no target ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  }
  checkFuzzer();
  for (const target of targets.length > 0 ? targets : known) {
    step(`${target}, ${seconds} s`);
    await fuzzOne(target, seconds);
  }
}

async function fuzzOne(target, seconds) {
  const found = join(root, 'artifacts', 'fuzz', target);
  mkdirSync(found, { recursive: true });
  // There is no unsafe code of ours for a sanitizer to watch; without one it is twice as fast.
  const build = ['--sanitizer', 'none', '--target-dir', join(root, 'target', 'fuzz')];
  // libFuzzer writes into the first corpus and only reads the others.
  const inputs = [found, join(corpora, target)];
  const limits = [`-max_total_time=${seconds}`, `-artifact_prefix=${found}-`];
  await run('cargo', ['+nightly', 'fuzz', 'run', ...build, target, ...inputs, '--', ...limits], {
    cwd: join(root, 'tests'),
  });
  note(`${readdirSync(found).length} inputs in ${found}`);
}

function checkFuzzer() {
  if (hasCargo('fuzz') && output('cargo', ['+nightly', '--version']) !== null) return;
  throw new Failure(
    'Fuzzing needs a nightly compiler and cargo-fuzz. Install them and try again:\n' +
      '  rustup toolchain install nightly --profile minimal\n' +
      '  cargo install cargo-fuzz --locked',
  );
}
