// `npm run dist`: the packages for this system, in target/release/bundle. On Linux deb and rpm, with
// both programs inside.

import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { installPackages } from './lib/packages.mjs';
import { buildBoth } from './lib/programs.mjs';
import { Failure, main, output, root } from './lib/run.mjs';
import { note, step } from './lib/say.mjs';
import { checkTools, installModules } from './lib/tools.mjs';

const bundles = { linux: ['deb', 'rpm'], win32: ['nsis'], darwin: ['dmg'] };
const programs = ['usr/bin/gossamer', 'usr/bin/gossamer-desktop'];

/** How to list the files in a package, where the tool for it is installed. */
const listing = {
  deb: (path) => output('dpkg-deb', ['--contents', path]),
  rpm: (path) => output('rpm', ['--query', '--list', '--package', path]),
};

main(async () => {
  checkTools();
  await installPackages(['node', 'desktop']);
  await installModules();
  const kinds = bundles[process.platform] ?? bundles.linux;
  step(`Building both programs and packing ${kinds.join(' and ')}`);
  await buildBoth(['--bundles', kinds.join(',')]);
  step('Packages');
  for (const kind of kinds) report(kind);
});

function report(kind) {
  const dir = join(root, 'target', 'release', 'bundle', kind);
  // The bundlers leave their working directories beside the packages.
  for (const name of readdirSync(dir).filter((name) => /\.(deb|rpm|exe|dmg)$/.test(name))) {
    const path = join(dir, name);
    const megabytes = (statSync(path).size / 1e6).toFixed(1);
    note(`${relative(root, path)}  ${megabytes} MB`);
    const files = listing[kind]?.(path) ?? null;
    if (files === null) continue;
    const paths = files.split('\n').map((line) => line.slice(line.lastIndexOf(' ') + 1));
    const missing = programs.filter((file) => !paths.some((path) => path.endsWith(file)));
    if (missing.length > 0) throw new Failure(`${name} lacks ${missing.join(' and ')}.`);
  }
}
