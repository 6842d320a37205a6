// References from code to sections of docs/protocol-v2.md, such as `docs/protocol-v2.md 5.3`.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, root } from './run.mjs';

/**
 * Checks that each section that the code names is there.
 * @throws {Failure} with those that are not
 */
export function checkSections() {
  const page = readFileSync(join(root, 'docs', 'protocol-v2.md'), 'utf8');
  const sections = new Set(
    [...page.matchAll(/^##+ (\d+(?:\.\d+)?)/gm)].map(([, number]) => number),
  );
  const stale = readdirSync(join(root, 'crates'), { recursive: true })
    .filter((file) => /\.(rs|sql)$/.test(file))
    .flatMap((file) => {
      const code = readFileSync(join(root, 'crates', file), 'utf8');
      return [...code.matchAll(/protocol-v2\.md (\d+(?:\.\d+)?)/g)]
        .filter(([, number]) => !sections.has(number))
        .map(([reference]) => `crates/${file}: ${reference}`);
    });
  if (stale.length > 0) throw new Failure(`No such section:\n${stale.join('\n')}`);
}
