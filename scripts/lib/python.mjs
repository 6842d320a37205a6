// The Python environment of the tests: tests/.venv, made from tests/requirements.txt.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, exe, output, root, run } from './run.mjs';
import { step } from './say.mjs';

const OLDEST = '3.10';

/** Makes the environment if needed and returns the path of its Python. */
export async function testPython() {
  const venv = join(root, 'tests', '.venv');
  const python =
    process.platform === 'win32'
      ? join(venv, 'Scripts', `python${exe}`)
      : join(venv, 'bin', 'python');
  const requirements = join(root, 'tests', 'requirements.txt');
  const system = systemPython();
  const wanted = createHash('sha256')
    .update(system.version)
    .update(readFileSync(requirements))
    .digest('hex');
  const stamp = join(venv, '.installed-requirements');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;

  step('Preparing Python for the tests (tests/.venv)');
  rmSync(venv, { recursive: true, force: true });
  await run(system.command, [...system.args, '-m', 'venv', venv]);
  const quiet = ['--quiet', '--disable-pip-version-check'];
  await run(python, ['-m', 'pip', 'install', ...quiet, '--requirement', requirements]);
  writeFileSync(stamp, wanted);
  return python;
}

function systemPython() {
  const candidates = [['python3'], ['python'], ['py', '-3']];
  const program = "import sys; print('%d.%d.%d' % sys.version_info[:3])";
  for (const [command, ...args] of candidates) {
    const version = output(command, [...args, '-c', program]);
    if (version !== null && Number(version.split('.')[1]) >= Number(OLDEST.split('.')[1])) {
      return { command, args, version };
    }
  }
  throw new Failure(
    `The tests need Python ${OLDEST} or newer, and none was found.\n` +
      "Install it from your system's packages or https://www.python.org, and try again.",
  );
}
