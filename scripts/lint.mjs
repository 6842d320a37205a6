// `npm run lint`: every check that runs nothing of ours, quick ones first. All run, even after a
// failure, so that one run tells everything.

import { installPackages } from './lib/packages.mjs';
import { Failure, main, npm, run } from './lib/run.mjs';
import { checkSections } from './lib/sections.mjs';
import { duration, note, step, table } from './lib/say.mjs';
import { checkTools, hasCargo, installModules } from './lib/tools.mjs';

const cargo = (...args) => run('cargo', args);

const checks = [
  ['rustfmt', () => cargo('fmt', '--all', '--', '--check')],
  ['prettier', () => npm(['exec', '--', 'prettier', '--check', 'scripts', '.github'])],
  ['sections of the protocol', checkSections],
  ['ui: ESLint and Prettier', () => npm(['run', '--workspace=ui', 'lint'])],
  ['ui: svelte-check', () => npm(['run', '--workspace=ui', 'check'])],
  ['browser tests: tsc', () => npm(['run', '--workspace=tests/browser', 'check'])],
  ['cargo-deny', () => cargo('deny', 'check', 'bans', 'licenses', 'sources')],
  ['clippy', () => cargo('clippy', '--workspace', '--all-targets', '--', '--deny', 'warnings')],
  [
    'rustdoc',
    () =>
      run('cargo', ['doc', '--workspace', '--no-deps', '--document-private-items'], {
        env: { RUSTDOCFLAGS: '--deny warnings' },
      }),
  ],
];

main(async () => {
  checkTools();
  await installPackages(['node', 'desktop']);
  await installModules();
  const rows = [['check', 'result', 'time']];
  for (const [name, check] of checks) {
    step(name);
    const started = performance.now();
    rows.push([name, await outcome(name, check), duration(performance.now() - started)]);
  }
  step('Lint');
  console.log(table(rows, [2]));
  return rows.some(([, result]) => result === 'failed') ? 1 : 0;
});

async function outcome(name, check) {
  if (name === 'cargo-deny' && !hasCargo('deny')) {
    note(
      'Not installed; `cargo install cargo-deny --locked` adds it. The Actions workflow runs it.',
    );
    return 'skipped';
  }
  try {
    await check();
    return 'ok';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return 'failed';
  }
}
