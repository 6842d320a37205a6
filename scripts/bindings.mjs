// `npm run bindings`: writes the UI's types anew after the Rust API changed.

import { writeBindings } from './lib/bindings.mjs';
import { installPackages } from './lib/packages.mjs';
import { main } from './lib/run.mjs';
import { checkTools } from './lib/tools.mjs';

main(async () => {
  checkTools();
  await installPackages(['node', 'desktop']);
  await writeBindings();
});
