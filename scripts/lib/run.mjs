// Running other programs: live output, forwarded signals, errors that name the command.

import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

/** The project's directory. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** `".exe"` on Windows, nothing elsewhere. */
export const exe = process.platform === 'win32' ? '.exe' : '';

/** An error whose message is all that a person needs; no stack trace is shown for it. */
export class Failure extends Error {}

/** Someone wants us to stop: nothing more is started. */
class Interrupted extends Error {}

/**
 * Runs a program to its end with its output shown live.
 * @throws {Failure} when it cannot be started or ends with anything but 0
 */
export async function run(command, args, options = {}) {
  const { code, signal, interrupted } = await attend(start(command, args, options));
  if (interrupted) throw new Interrupted();
  if (code === 0) return;
  const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
  throw new Failure(`\`${[command, ...args].join(' ')}\` ${how}.`);
}

/** Hands the terminal to a program and returns the exit code to leave with. */
export async function hand(command, args, options = {}) {
  const { code } = await attend(start(command, args, options));
  return code ?? 1;
}

/** Runs a program, shows its output live, and also returns it without its colours. */
export async function tee(command, args, options = {}) {
  const child = start(command, args, { ...options, stdio: ['inherit', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (data) => {
    process.stdout.write(data);
    text += data;
  });
  const { code, interrupted } = await attend(child);
  if (interrupted) throw new Interrupted();
  return { code, text: stripVTControlCharacters(text) };
}

/** Waits for a child while passing on what ends us, so that it decides when to stop. */
async function attend(child) {
  let interrupted = false;
  const stop = (signal) => {
    interrupted = true;
    // In a terminal, Ctrl+C reaches the child without our help.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  const watch = whenOrphaned(() => stop('SIGTERM'));
  try {
    return { ...(await exit(child)), interrupted };
  } finally {
    clearInterval(watch);
    process.off('SIGTERM', stop).off('SIGINT', stop);
  }
}

/**
 * Calls `act` once our parent is gone. npm runs us through a shell that dies of a SIGTERM without
 * passing it on, so a signal to `npm start` arrives here as a missing parent.
 */
function whenOrphaned(act) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, 250);
  return watch;
}

/** Starts a program with the terminal's input and output unless `options` says otherwise. */
export function start(command, args, options = {}) {
  const { env = {}, ...rest } = options;
  return spawn(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    ...rest,
  });
}

/** Resolves when a child has ended. @throws {Failure} when it could not be started */
export function exit(child) {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(new Failure(`\`${child.spawnfile}\` could not be started: ${error.message}.`));
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** What a program prints, trimmed; null when it is missing or fails. */
export function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** Runs npm: the one that started us, so that no second version gets involved. */
export function npm(args, options = {}) {
  const started = process.env.npm_execpath;
  if (started?.endsWith('.js')) return run(process.execPath, [started, ...args], options);
  // On Windows npm is a batch file, which only a shell can run.
  return run('npm', args, { shell: process.platform === 'win32', ...options });
}

/** Runs the Tauri CLI that package-lock.json names. */
export function tauri(args, options = {}) {
  const cli = join(root, 'node_modules', '@tauri-apps', 'cli', 'tauri.js');
  return run(process.execPath, [cli, ...args], options);
}

/** Runs a script's body and turns its failure into a message and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body(process.argv.slice(2))) ?? 0;
  } catch (error) {
    process.exitCode = error instanceof Interrupted ? 130 : 1;
    if (error instanceof Interrupted) return;
    console.error(error instanceof Failure ? `\n${error.message}` : error);
  }
}
