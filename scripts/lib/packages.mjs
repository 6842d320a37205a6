// Installs missing system packages, after saying which and how.

import { createInterface } from 'node:readline/promises';
import { packageLists } from './package-lists.mjs';
import { Failure, output, run } from './run.mjs';
import { note, step } from './say.mjs';
import { checkMac, windowsNeeds } from './toolchains.mjs';

const isRpm = (name) => output('rpm', ['-q', name]) !== null;

/** Linux package managers: how to ask for a package, refresh the lists, and install. */
const managers = {
  apt: {
    probe: 'apt-get',
    has: (name) =>
      output('dpkg-query', ['-W', '-f=${db:Status-Status}', name])?.startsWith('installed'),
    refresh: ['apt-get', 'update', '-q'],
    // A machine that has just started may be updating itself: its lock is waited for, in seconds.
    install: [
      ...['apt-get', 'install', '-y', '-q', '--no-install-recommends'],
      ...['-o', 'DPkg::Lock::Timeout=300'],
    ],
  },
  dnf: { probe: 'dnf', has: isRpm, install: ['dnf', 'install', '-y'] },
  zypper: { probe: 'zypper', has: isRpm, install: ['zypper', '--non-interactive', 'install'] },
  pacman: {
    probe: 'pacman',
    has: (name) => output('pacman', ['-Q', name]) !== null,
    install: ['pacman', '-S', '--needed', '--noconfirm'],
  },
};

/**
 * Sees to it that the system packages for the named purposes (`node`, `desktop`, `tests`, see
 * package-lists.mjs) are there.
 * @throws {Failure} saying what to run by hand, when they are missing and may not be installed
 */
export async function installPackages(purposes, extra = []) {
  if (process.platform === 'darwin') return checkMac();
  if (process.platform === 'win32') return installAll(windowsNeeds(purposes));
  const found = Object.entries(managers).find(([, manager]) =>
    output(manager.probe, ['--version']),
  );
  if (found === undefined) {
    note('No package manager we know was found (apt, dnf, pacman, zypper).');
    note('If the build stops, see https://v2.tauri.app/start/prerequisites/ for what it needs.');
    return;
  }
  const [name, manager] = found;
  const wanted = [...purposes.flatMap((purpose) => packageLists[name][purpose]), ...extra];
  const missing = wanted.filter((pkg) => !manager.has(pkg));
  if (missing.length === 0) return;
  step(`Installing ${missing.length} system packages`);
  note(missing.join(' '));
  await installAll(
    manager.refresh === undefined ? [] : [{ command: manager.refresh, optional: true }],
    [{ command: [...manager.install, ...missing] }],
  );
}

/** Runs the commands of all lists, with sudo where we are not root. */
async function installAll(...lists) {
  const commands = lists.flat();
  if (commands.length === 0) return;
  const sudo = await permission(commands.map(({ command }) => command));
  for (const { command, optional } of commands) {
    const [program, ...args] = [...sudo, ...command];
    try {
      await run(program, args, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
    } catch (error) {
      if (!optional) throw error;
      note('That did not work; going on with the package lists of last time.');
    }
  }
}

/** How to become root for `commands`: `["sudo"]`, or nothing where it is not needed. */
async function permission(commands) {
  const isWindows = process.platform === 'win32';
  if (!isWindows && process.getuid() === 0) return [];
  const prefix = isWindows ? [] : ['sudo'];
  const lines = commands.map((command) => `  ${[...prefix, ...command].join(' ')}`).join('\n');
  const byHand = `Please run this yourself (or ask who administers this machine), then try again:\n${lines}`;
  if (!isWindows && output('sudo', ['--version']) === null) {
    throw new Failure(
      'System packages are missing, and we are neither root nor is there sudo.\n' +
        byHand.replaceAll('sudo ', ''),
    );
  }
  // A build machine has agreed by being one; nobody is there to ask.
  if (process.env.CI) return prefix;
  if (!process.stdin.isTTY)
    throw new Failure(`Packages are missing, and there is no terminal to ask in.\n${byHand}`);
  console.log(`\nTo install them, this runs:\n${lines}`);
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await ask.question('Go ahead? [Y/n] ');
  ask.close();
  if (!/^(y|yes|)$/i.test(answer.trim())) throw new Failure(byHand);
  return prefix;
}
