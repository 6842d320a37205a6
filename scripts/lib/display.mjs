// Whether a window can be shown here, and an invisible display for where none is.

import { exit, output, start } from './run.mjs';

/** Whether this session has a display. */
export function hasDisplay() {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/**
 * Starts an invisible X display.
 * @returns {Promise<{env: object, stop: () => Promise<void>} | null>} the environment for programs
 *   that draw on it; null when Xvfb is not installed or does not start
 */
export async function virtualDisplay() {
  if (output('which', ['Xvfb']) === null) return null;
  // Xvfb takes the first free number and writes it to the descriptor named by -displayfd.
  const args = ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'];
  const xvfb = start('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const ended = exit(xvfb);
  const number = new Promise((resolve) => xvfb.stdio[3].once('data', (data) => resolve(`${data}`)));
  const display = await Promise.race([number, ended]);
  if (typeof display !== 'string') return null;
  const stop = async () => {
    xvfb.kill();
    await ended;
  };
  return { env: { DISPLAY: `:${display.trim()}` }, stop };
}
