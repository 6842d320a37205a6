// `npm run bench`: builds the node for speed and runs every tests/bench/*.mjs, arguments included.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from './lib/packages.mjs';
import { exe, main, root, run } from './lib/run.mjs';
import { step } from './lib/say.mjs';
import { checkTools } from './lib/tools.mjs';

main(async (args) => {
  checkTools();
  await installPackages(['node', 'tests']);
  await run('cargo', ['build', '--release', '--package', 'gossamer-cli']);
  const benches = join(root, 'tests', 'bench');
  for (const name of readdirSync(benches)
    .filter((name) => name.endsWith('.mjs'))
    .sort()) {
    step(name);
    await run(process.execPath, [join(benches, name), ...args], {
      env: { GOSSAMER: join(root, 'target', 'release', `gossamer${exe}`) },
    });
  }
});
