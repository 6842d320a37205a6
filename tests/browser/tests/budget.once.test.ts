/** What the first screen costs, and what the content policy of the window allows. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect, open, test } from './page';

const dist = join(import.meta.dirname, '../../../ui/dist');
const KB = 1024;

const gz = (file: string) => gzipSync(readFileSync(join(dist, file))).length;

test('the first screen stays small', async ({ page }) => {
  const loaded = new Set<string>();
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname.slice(1);
    if (/\.(?:js|css)$/.test(path)) loaded.add(path);
  });
  await open(page, 'empty');
  await expect(page.getByTestId('composer')).toBeVisible();

  const weigh = (end: string) =>
    [...loaded]
      // The simulated host never loads inside the desktop window; its share is api/tauri.ts.
      .filter((file) => file.endsWith(end) && !file.includes('mock'))
      .reduce((sum, file) => sum + gz(file), 0);
  const tauri = readdirSync(join(dist, 'assets')).find((file) => /^tauri-.*\.js$/.test(file));
  const js = weigh('.js') + (tauri === undefined ? 0 : gz(join('assets', tauri)));
  expect(loaded.size).toBeGreaterThan(2);
  expect(js).toBeLessThanOrEqual(90 * KB);
  expect(weigh('.css')).toBeLessThanOrEqual(15 * KB);
});

test('what comes later stays small too', () => {
  const assets = readdirSync(join(dist, 'assets'));
  const of = (start: string) =>
    assets
      .filter((file) => file.startsWith(start) && file.endsWith('.js'))
      .reduce((sum, file) => sum + gz(join('assets', file)), 0);
  expect(of('Rendered-')).toBeGreaterThan(0);
  expect(of('rendering.worker-')).toBeGreaterThan(0);
  expect(of('Rendered-') + of('rendering.worker-')).toBeLessThanOrEqual(85 * KB);
});

test('nothing breaks the content policy of the window', async ({ page, baseURL }) => {
  const policy =
    "default-src 'self'; img-src 'self' asset: http://asset.localhost blob: data:; " +
    "style-src 'self' 'unsafe-inline'; script-src 'self'; font-src 'self'; " +
    "connect-src ipc: http://ipc.localhost; object-src 'none'; frame-src 'none'";
  await page.route(`${baseURL}/**`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      headers: { ...response.headers(), 'content-security-policy': policy },
    });
  });
  // A violation is an error in the console, which fails the test.
  await page.setViewportSize({ width: 1280, height: 2400 });
  await open(page, 'busy');
  // Colours come from the worker, which the policy has to allow.
  await expect(page.getByTestId('code').locator('.hljs-keyword').first()).toBeVisible();
  await page.getByRole('button', { name: 'Emoji', exact: true }).click();
  for (const place of ['People', 'Settings']) {
    await page
      .getByRole('navigation', { name: 'Views' })
      .getByRole('link', { name: place })
      .click();
    await expect(page.getByRole('heading', { level: 1, name: place })).toBeVisible();
  }
});
