// `npm run bench`: builds the node for speed and runs every program in tests/bench, arguments
// included.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from './lib/packages.mjs';
import { buildTerminal, program } from './lib/programs.mjs';
import { testPython } from './lib/python.mjs';
import { main, root, run } from './lib/run.mjs';
import { step } from './lib/say.mjs';
import { checkTools } from './lib/tools.mjs';

main(async (args) => {
  checkTools();
  await installPackages(['node', 'tests']);
  step('Building the node for speed');
  await buildTerminal();
  const python = await testPython();
  const benches = join(root, 'tests', 'bench');
  const names = readdirSync(benches).filter((name) => name.endsWith('.py'));
  for (const name of names.sort()) {
    step(name);
    await run(python, [join(benches, name), ...args], {
      env: { GOSSAMER: program('gossamer') },
    });
  }
});
