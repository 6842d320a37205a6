// The browser for tests/browser: the system's own, or else the one Playwright brings.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { output, root, run } from './run.mjs';
import { step } from './say.mjs';

/** Debian has a Chromium package; on Ubuntu that name installs a snap, which tests cannot drive. */
export const chromiumPackages = () =>
  existsSync('/etc/os-release') && /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'))
    ? ['chromium', 'chromium-sandbox']
    : [];

/** The path of a Chromium; `CHROMIUM` in the environment wins. */
export async function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const system = output('which', ['chromium']);
  if (system !== null && chromiumPackages().length > 0) return system;
  const print = "import('playwright-core').then((p) => console.log(p.chromium.executablePath()))";
  const own = output(process.execPath, ['--eval', print]);
  if (own === null || !existsSync(own)) {
    step("Fetching Playwright's Chromium");
    const cli = join(root, 'node_modules', 'playwright-core', 'cli.js');
    const dependencies =
      process.platform === 'linux' && process.getuid() === 0 ? ['--with-deps'] : [];
    await run(process.execPath, [cli, 'install', ...dependencies, 'chromium']);
  }
  return output(process.execPath, ['--eval', print]);
}
