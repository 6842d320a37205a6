// ui/src/bindings: the TypeScript types of the API, generated from Rust by ts-rs.

import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './run.mjs';

const committed = join(root, 'ui', 'src', 'bindings');

/** The names of files in ui/src/bindings that are missing, different, or left over. */
export async function bindingsDrift() {
  return withGenerated((generated) => {
    const names = new Set([...readdirSync(committed), ...readdirSync(generated)]);
    return [...names].filter((name) => read(committed, name) !== read(generated, name)).sort();
  });
}

/** Replaces ui/src/bindings by what the Rust types say now. */
export async function writeBindings() {
  await withGenerated((generated) => {
    rmSync(committed, { recursive: true, force: true });
    cpSync(generated, committed, { recursive: true });
  });
}

async function withGenerated(use) {
  const dir = mkdtempSync(join(tmpdir(), 'gossamer-bindings-'));
  try {
    // ts-rs writes from tests of this name, wherever the environment says.
    await run('cargo', ['test', '--workspace', '--quiet', '--lib', '--bins', 'export_bindings'], {
      env: { TS_RS_EXPORT_DIR: dir },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function read(dir, name) {
  try {
    return readFileSync(join(dir, name), 'utf8');
  } catch {
    return null;
  }
}
