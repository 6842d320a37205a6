// `npm run dev`: the app with a UI that reloads as you edit. Arguments go on to the app.

import { installPackages } from './lib/packages.mjs';
import { main, tauri } from './lib/run.mjs';
import { checkTools, installModules } from './lib/tools.mjs';

main(async (args) => {
  checkTools();
  await installPackages(['node', 'desktop']);
  await installModules();
  // The first `--` ends Tauri's own arguments, the second one Cargo's.
  await tauri(['dev', ...(args.length > 0 ? ['--', '--', ...args] : [])]);
});
