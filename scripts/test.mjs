// `npm test`: all suites, fast ones first; `npm test -- unit ui` runs a selection.
//
// A failing suite does not stop the next one. The last line is the sum of all.

import { main } from './lib/run.mjs';
import { choose, prepare, runSuite, summarise } from './lib/session.mjs';

main(async (names) => {
  const started = performance.now();
  const chosen = choose(names);
  await prepare(chosen);
  const runs = [];
  for (const suite of chosen) runs.push(await runSuite(suite));
  return summarise(runs, performance.now() - started);
});
