// Starts what was built, on free ports and in a directory of its own, and waits until it works.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hasDisplay, virtualDisplay } from './display.mjs';
import { Failure, exit, start } from './run.mjs';
import { note } from './say.mjs';

const PATIENCE = 60_000;

/**
 * Starts a node, waits until it reports ready, and stops it. With `desktop` given, and a display to
 * be had, that program joins as well, and the node has to hear it.
 * @throws {Failure} saying which of the two did not come up
 */
export async function probe(gossamer, desktop = null) {
  const dir = mkdtempSync(join(tmpdir(), 'gossamer-check-'));
  const display = hasDisplay() ? { env: {}, stop: async () => {} } : await virtualDisplay();
  const node = startNode(gossamer, dir, await freePort());
  try {
    const ready = await node.event('ready', () => true);
    note(`The node reported ready on port ${ready.port}.`);
    if (desktop === null) return;
    if (display === null) {
      note('The window was built but not opened: there is neither a display nor Xvfb.');
      return;
    }
    const window = startWindow(desktop, dir, await freePort(), display.env);
    try {
      await Promise.race([
        node.event('peer_up', ({ peer }) => peer.name === 'window'),
        window.died,
      ]);
      note('The window opened, joined, and the node heard it.');
    } finally {
      await window.stop();
    }
  } finally {
    await node.stop();
    await display?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function startNode(gossamer, dir, port) {
  const args = ['run', '--json', '--name', 'node', '--port', String(port)];
  const places = ['--data-dir', join(dir, 'node'), '--downloads', join(dir, 'downloads')];
  const child = start(gossamer, [...args, ...places], { stdio: ['pipe', 'pipe', 'inherit'] });
  const died = fail(child, 'The node');
  const seen = [];
  let look = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    seen.push(JSON.parse(line));
    look();
  });
  const event = (name, matches) => {
    const found = new Promise((resolve) => {
      look = () => {
        const hit = seen.find((event) => event.event === name && matches(event));
        if (hit) resolve(hit);
      };
      look();
    });
    return Promise.race([found, died.promise, late(`The node did not report \`${name}\``)]);
  };
  return { event, stop: () => stop(child, died) };
}

function startWindow(desktop, dir, port, env) {
  const args = ['--name', 'window', '--port', String(port), '--data-dir', join(dir, 'window')];
  const child = start(desktop, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const died = fail(child, 'The window');
  return { died: died.promise, stop: () => stop(child, died) };
}

/** A promise that only ever rejects: when `child` ends before it was asked to. */
function fail(child, what) {
  const watch = { expected: false, ended: exit(child) };
  watch.promise = watch.ended.then(({ code, signal }) => {
    if (watch.expected) return new Promise(() => {});
    throw new Failure(
      `${what} ended by itself (${signal ?? `code ${code}`}). Its output is above.`,
    );
  });
  watch.promise.catch(() => {});
  return watch;
}

async function stop(child, watch) {
  watch.expected = true;
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await watch.ended.catch(() => {});
  clearTimeout(force);
}

function late(what) {
  return new Promise((_, reject) => {
    const message = `${what} within ${PATIENCE / 1000} seconds.`;
    setTimeout(() => reject(new Failure(message)), PATIENCE).unref();
  });
}

/** A TCP port that is free now, in the range a node accepts. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
