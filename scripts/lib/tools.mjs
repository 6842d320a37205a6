// The two things a machine must bring along, Rust and Node, and what npm installs.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Failure, exe, npm, output, root } from './run.mjs';
import { step } from './say.mjs';

const NODE = [20, 19];
const RUST = [1, 90];

/** @throws {Failure} naming the fix, when Rust or Node is missing or too old */
export function checkTools() {
  const node = process.versions.node;
  if (older(node, NODE)) {
    throw new Failure(
      `Node ${NODE.join('.')} or newer is needed; this is ${node}.\n` +
        'Install a current one from https://nodejs.org and run the command again.',
    );
  }
  findCargo();
  const rust = output('rustc', ['--version'])?.split(' ')[1];
  if (rust === undefined || output('cargo', ['--version']) === null) {
    throw new Failure(
      'Rust is needed, and neither `rustc` nor `cargo` was found.\n' +
        'Install it from https://rustup.rs, open a new terminal, and run the command again.',
    );
  }
  if (older(rust, RUST)) {
    throw new Failure(
      `Rust ${RUST.join('.')} or newer is needed; this is ${rust}.\n` +
        "Run `rustup update stable` and try again. If Rust came from your system's packages, " +
        'install it from https://rustup.rs instead.',
    );
  }
}

/** Whether a Cargo subcommand such as `nextest` is installed. */
export function hasCargo(subcommand) {
  return output('cargo', [subcommand, '--version']) !== null;
}

/** Installs what package-lock.json names, unless that is what node_modules already holds. */
export async function installModules() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.installed-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  step('Installing the npm packages (npm ci)');
  await npm(['ci', '--no-audit', '--no-fund']);
  writeFileSync(stamp, lock);
}

/** rustup's directory is often not in the PATH of the shell that has just installed it. */
function findCargo() {
  const bin = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin');
  if (output('cargo', ['--version']) === null && existsSync(join(bin, `cargo${exe}`))) {
    process.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
  }
}

function older(version, [major, minor]) {
  const [haveMajor, haveMinor] = version.split('.').map(Number);
  return haveMajor < major || (haveMajor === major && haveMinor < minor);
}
