// The two programs, built as people run them: with optimisations.

import { join } from 'node:path';
import { exe, root, run, tauri } from './run.mjs';

/** Where the build puts a program. */
export const program = (name) => join(root, 'target', 'release', `${name}${exe}`);

/**
 * Both are always named, so that every crate has the same features whichever of them is built, and
 * is compiled once.
 */
const packages = ['--package', 'gossamer-cli', '--package', 'gossamer-desktop'];

/** Builds the window and the terminal node; `options` are those of `tauri build`. */
export function buildBoth(options) {
  return tauri(['build', ...options, '--', ...packages]);
}

/** Builds the terminal node alone, which needs none of the window's system packages. */
export function buildTerminal() {
  return run('cargo', ['build', '--release', ...packages, '--bin', 'gossamer']);
}
