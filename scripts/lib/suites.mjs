// The suites of `npm test`, fast ones first. All Rust is built in the dev profile with the features
// of the whole workspace, so that the suites share what is compiled.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bindingsDrift } from './bindings.mjs';
import { findChromium } from './chromium.mjs';
import { testPython } from './python.mjs';
import { add, failure, pass, readCargo, readJunit, readSimulation, skip } from './results.mjs';
import { Failure, exe, npm, root, run, tauri, tee } from './run.mjs';
import { hasCargo } from './tools.mjs';

const debug = (name) => join(root, 'target', 'debug', `${name}${exe}`);

/**
 * Each suite has a name for the command line, the system packages it needs (package-lists.mjs),
 * and `run`, which returns results (results.mjs).
 */
export const suites = [
  {
    name: 'bindings',
    about: "the UI's types match the Rust API",
    packages: ['node', 'desktop'],
    run: async () => {
      const drift = await bindingsDrift();
      if (drift.length === 0) return pass();
      console.log(`Out of date: ${drift.join(', ')}. Run \`npm run bindings\` and commit.`);
      return failure('bindings are up to date');
    },
  },
  {
    name: 'unit',
    about: 'Rust unit and property tests',
    packages: ['node', 'desktop'],
    run: rustTests,
  },
  {
    name: 'sim',
    about: 'towns of nodes in virtual time, through all weathers',
    packages: ['node'],
    run: () => simulate(['--seeds', '4']),
  },
  {
    name: 'ui',
    about: 'UI unit tests',
    packages: [],
    run: () =>
      reported('ui', (report) =>
        npm([
          ...['run', '--workspace=ui', 'test', '--'],
          ...['--reporter=default', '--reporter=junit', `--outputFile.junit=${report}`],
        ]),
      ),
  },
  {
    name: 'interop',
    about: 'our node against a classic peer in Python',
    packages: ['node', 'tests'],
    run: async () => {
      await buildNode();
      return pytest('interop');
    },
  },
  {
    name: 'netns',
    about: 'real hosts in network namespaces',
    packages: ['node', 'tests'],
    run: async () => {
      if (process.platform !== 'linux') return skip('needs Linux');
      await buildNode('--bin', 'crooked');
      return pytest('netns');
    },
  },
  {
    name: 'hostile',
    about: 'bad neighbours in network namespaces, a sample of them',
    packages: ['node', 'tests'],
    run: () => hostile(),
  },
  {
    name: 'browser',
    about: 'every screen of the UI in Chromium',
    packages: [],
    chromium: true,
    run: async () => {
      const chromium = await findChromium();
      return reported('browser', (report) =>
        npm(['run', '--workspace=tests/browser', 'test', '--', '--reporter=list,junit'], {
          env: { CHROMIUM: chromium, PLAYWRIGHT_JUNIT_OUTPUT_FILE: report },
        }),
      );
    },
  },
  {
    name: 'desktop',
    about: 'the built window, driven through WebKitWebDriver',
    packages: ['node', 'desktop', 'tests'],
    run: async () => {
      if (process.platform !== 'linux') return skip('needs Linux (WebKitWebDriver)');
      await buildNode();
      await tauri(['build', '--debug', '--no-bundle', '--', '--workspace']);
      return pytest('desktop');
    },
  },
];

function buildNode(...more) {
  return run('cargo', ['build', '--workspace', '--bin', 'gossamer', ...more]);
}

async function rustTests() {
  if (!hasCargo('nextest')) return cargoTest(['--workspace']);
  const report = join(root, 'target', 'nextest', 'default', 'junit.xml');
  const tests = await counted(report, () => run('cargo', ['nextest', 'run', '--workspace']));
  return add(tests, await cargoTest(['--workspace', '--doc']));
}

async function cargoTest(args) {
  const { code, text } = await tee('cargo', ['test', '--no-fail-fast', ...args]);
  const results = readCargo(text);
  const unexplained = code !== 0 && results.failed === 0;
  return unexplained ? add(results, failure(`cargo test ${args.join(' ')}`)) : results;
}

/**
 * Plays scenarios of the simulator; each counts as one test. `args` are those of tests/sim. Long runs
 * are worth a build of their own, of the profile `sim`.
 */
export async function simulate(args, { long = false } = {}) {
  const profile = long ? ['--profile', 'sim'] : [];
  await run('cargo', ['build', '--workspace', '--bin', 'sim', ...profile]);
  const program = long ? join(root, 'target', 'sim', `sim${exe}`) : debug('sim');
  const { code, text } = await tee(program, args);
  const results = readSimulation(text);
  const unexplained = code !== 0 && results.failed === 0;
  return unexplained ? add(results, failure(`sim ${args.join(' ')}`)) : results;
}

/** Plays the attacks of tests/hostile: those marked as a sample, or all. */
export async function hostile({ all = false } = {}) {
  if (process.platform !== 'linux') return skip('needs Linux');
  await buildNode('--bin', 'stranger');
  return pytest('hostile', ...(all ? [] : ['-m', 'sample']));
}

async function pytest(suite, ...args) {
  const python = await testPython();
  return reported(suite, (report) =>
    run(python, ['-m', 'pytest', suite, ...args, `--junitxml=${report}`], {
      cwd: join(root, 'tests'),
      env: { GOSSAMER: debug('gossamer'), GOSSAMER_DESKTOP: debug('gossamer-desktop') },
    }),
  );
}

/** Runs `body` with the path of the report it has to write, and reads it. */
function reported(suite, body) {
  const reports = join(root, 'artifacts', 'reports');
  mkdirSync(reports, { recursive: true });
  const report = join(reports, `${suite}.xml`);
  return counted(report, () => body(report));
}

/** The results in `report` after `body` ran. An end with an error that no test explains counts. */
async function counted(report, body) {
  rmSync(report, { force: true });
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const results = readJunit(report);
    return results.failed > 0 ? results : add(results, failure(error.message));
  }
  const results = readJunit(report);
  const empty = results.passed + results.skipped === 0;
  return empty ? failure('ended without running a single test') : results;
}
