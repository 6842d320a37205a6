import { existsSync } from 'node:fs';

import { defineConfig } from '@playwright/test';

const PORT = 4173;
const asRoot = process.getuid?.() === 0;

/** A browser that is here already; without one, Playwright's own. */
const chromium = [process.env['CHROMIUM'], '/usr/bin/chromium'].find(
  (path) => path !== undefined && existsSync(path),
);

const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const sizes = {
  small: { width: 900, height: 600 },
  large: { width: 1280, height: 800 },
};

export default defineConfig({
  testDir: 'tests',
  outputDir: '../../artifacts/browser/results',
  fullyParallel: true,
  workers: 2,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 30_000,
  reporter: [['list']],
  use: {
    baseURL: `http://localhost:${PORT}`,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    launchOptions: {
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      args: asRoot ? [...quiet, '--no-sandbox'] : quiet,
    },
  },
  projects: Object.entries(sizes).flatMap(([size, viewport]) =>
    (['light', 'dark'] as const).map((colorScheme) => ({
      name: `${size}-${colorScheme}`,
      use: { viewport, colorScheme },
      // What does not depend on the size or the theme runs once.
      ...(size === 'large' && colorScheme === 'light' ? {} : { testIgnore: /\.once\.test\.ts/ }),
    })),
  ),
  webServer: {
    command: `npm run build && npm run preview -- --port ${PORT} --strictPort`,
    cwd: '../../ui',
    url: `http://localhost:${PORT}`,
    timeout: 180_000,
    reuseExistingServer: false,
  },
});
