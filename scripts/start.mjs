// `npm start`: from a fresh machine to the running app. Arguments go on to the app, as in
// `npm start -- --name ana --port 9999`.
//
// `npm start -- --check` builds the window and the terminal node, waits until both work, and exits.

import { hasDisplay } from './lib/display.mjs';
import { installPackages } from './lib/packages.mjs';
import { probe } from './lib/probe.mjs';
import { buildBoth, buildTerminal, program } from './lib/programs.mjs';
import { hand, main } from './lib/run.mjs';
import { note, step } from './lib/say.mjs';
import { checkTools, installModules } from './lib/tools.mjs';

main(async (args) => {
  checkTools();
  if (args.includes('--check')) return check();
  return hasDisplay() ? openWindow(args) : openTerminal(args);
});

async function check() {
  await installPackages(['node', 'desktop']);
  await build();
  step('Starting what was built');
  await probe(program('gossamer'), program('gossamer-desktop'));
}

async function openWindow(args) {
  await installPackages(['node', 'desktop']);
  await build();
  step('Opening Gossamer');
  return hand(program('gossamer-desktop'), args);
}

async function openTerminal(args) {
  step('There is no display here, so this starts the terminal node');
  note('It is the same node without the window. `/help` lists what it understands.');
  await installPackages(['node']);
  step('Building the terminal node (a few minutes the first time, then seconds)');
  await buildTerminal();
  step('Starting the node');
  return hand(program('gossamer'), ['run', ...args]);
}

async function build() {
  await installModules();
  step('Building the app (about 15 minutes the first time on two cores, then seconds)');
  await buildBoth(['--no-bundle']);
}
