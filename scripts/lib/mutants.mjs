// Mutation testing with cargo-mutants: which changes to the code does no test notice?

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, hand, root } from './run.mjs';
import { note } from './say.mjs';
import { hasCargo } from './tools.mjs';

/** What reads the bytes of strangers, and what decides about them: each with its crate. */
const parts = {
  wire: ['--package', 'gossamer-wire'],
  crypto: ['--package', 'gossamer-crypto'],
  receiving: ['--package', 'gossamer-mesh', '--file', 'crates/mesh/src/gossip/receiving.rs'],
  inbound: ['--package', 'gossamer-node', '--file', 'crates/node/src/gossip/inbound.rs'],
};

/**
 * Mutates each of these parts, all when there are none. The report is in
 * artifacts/mutants/PART/mutants.out.
 * @returns the process's exit code: 1 when any mutant survived
 * @throws {Failure} on an unknown part, a tree whose tests fail, or where the tool is missing
 */
export async function mutants(names) {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0) {
    throw new Failure(
      `There is no part ${unknown.join(', ')}. There are: ${Object.keys(parts).join(', ')}.`,
    );
  }
  if (!hasCargo('mutants')) {
    throw new Failure(
      'Mutation testing needs cargo-mutants. Install it and try again:\n' +
        '  cargo install cargo-mutants --locked',
    );
  }
  let survived = 0;
  for (const name of names.length > 0 ? names : Object.keys(parts)) survived += await mutate(name);
  return survived === 0 ? 0 : 1;
}

async function mutate(name) {
  const output = join(root, 'artifacts', 'mutants', name);
  mkdirSync(output, { recursive: true });
  const tool = hasCargo('nextest') ? ['--test-tool', 'nextest'] : [];
  const code = await hand(
    'cargo',
    ['mutants', ...parts[name], ...tool, '--output', output, '--minimum-test-timeout', '60'],
    { env: { CARGO_INCREMENTAL: '1', CARGO_PROFILE_DEV_DEBUG: '0' } },
  );
  // https://mutants.rs/exit-codes.html: 2 when some were missed, 3 when some ran into the timeout.
  if (code !== 0 && code !== 2 && code !== 3) {
    throw new Failure(`cargo-mutants could not mutate ${name} (code ${code}).`);
  }
  const missed = readFileSync(join(output, 'mutants.out', 'missed.txt'), 'utf8');
  const lines = missed.split('\n').filter((line) => line !== '');
  note(`${name}: ${lines.length} survived${lines.length > 0 ? ':' : '.'}`);
  for (const line of lines) note(`  ${line}`);
  return lines.length;
}
