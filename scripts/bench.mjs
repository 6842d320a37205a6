// `npm run bench`: builds the node for speed and runs every program in tests/bench, arguments
// included.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from './lib/packages.mjs';
import { testPython } from './lib/python.mjs';
import { exe, main, root, run } from './lib/run.mjs';
import { step } from './lib/say.mjs';
import { checkTools } from './lib/tools.mjs';

main(async (args) => {
  checkTools();
  await installPackages(['node', 'tests']);
  step('Building the node for speed');
  await run('cargo', ['build', '--release', '--package', 'gossamer-cli']);
  const python = await testPython();
  const benches = join(root, 'tests', 'bench');
  const programs = readdirSync(benches).filter((name) => name.endsWith('.py'));
  for (const program of programs.sort()) {
    step(program);
    await run(python, [join(benches, program), ...args], {
      env: { GOSSAMER: join(root, 'target', 'release', `gossamer${exe}`) },
    });
  }
});
