/** Sending, answering and following files. */
import { expect, open, test } from './page';

test('asks before files leave', async ({ page }) => {
  await open(page, 'empty', 'files');
  await page.getByRole('button', { name: 'Send files' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('poster.pdf');
  await expect(dialog).not.toContainText('not encrypted');
  await dialog.getByRole('button', { name: 'Send 2 files' }).click();

  const files = page.getByTestId('transfer');
  await expect(files).toHaveCount(2);
  await expect(files.filter({ hasText: 'poster.pdf' })).toHaveAttribute('data-state', 'done');
  await expect(files.filter({ hasText: 'poster.pdf' })).toContainText('Reached 2 devices');
});

test('warns that files to classic devices are not encrypted', async ({ page }) => {
  await open(page, 'open');
  await page.getByRole('button', { name: 'Send files' }).click();
  await expect(page.getByRole('dialog')).toContainText(
    'Files to classic devices are not encrypted.',
  );
});

test('sends nothing when the user thinks again', async ({ page }) => {
  await open(page, 'empty');
  await page.getByRole('button', { name: 'Send files' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByTestId('transfer')).toHaveCount(0);
});

test('takes dropped files', async ({ page }) => {
  await open(page, 'empty');
  await page.evaluate(() => window.gossamerMock.drop({ kind: 'over' }));
  await expect(page.getByTestId('drop-overlay')).toBeVisible();
  await page.evaluate(() =>
    window.gossamerMock.drop({
      kind: 'drop',
      files: [{ token: 'dropped1', name: 'notes.txt', size: 1200 }],
    }),
  );
  await expect(page.getByTestId('drop-overlay')).toHaveCount(0);
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('notes.txt');
  await dialog.getByRole('button', { name: 'Send 1 file' }).click();
  await expect(page.getByTestId('transfer').getByText('notes.txt')).toBeVisible();
  const sent = await page.evaluate(() =>
    window.gossamerMock.calls.flatMap(({ args }) => args).filter((arg) => 'cmd' in Object(arg)),
  );
  expect(sent).toContainEqual({ cmd: 'send_file', to: 'everyone', token: 'dropped1' });
});

test('says why dropped files are not taken', async ({ page }) => {
  await open(page, 'empty');
  await page.evaluate(() =>
    window.gossamerMock.drop({
      kind: 'refused',
      problem: { code: 'limit_reached', message: 'No more than 500 files. Choose fewer.' },
    }),
  );
  await expect(page.getByText('Choose fewer.')).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('accepts an offer and shows it in its folder', async ({ page }) => {
  await open(page, 'offer', 'files');
  const offer = page.getByTestId('transfer').filter({ hasText: 'poster-v3-print.zip' });
  await expect(page.getByRole('link', { name: 'Files 2 need your answer' })).toBeVisible();
  await offer.getByTestId('accept').click();
  await expect(offer).toHaveAttribute('data-state', 'active');
  await expect(offer.getByRole('progressbar')).toBeVisible();
  await expect(offer).toContainText(/MB\/s.*left/);
  await expect(page.getByRole('heading', { name: 'In progress' })).toBeVisible();
  await offer.getByRole('button', { name: /^Cancel/ }).click();
  await expect(offer).toHaveAttribute('data-state', 'cancelled');
});

test('declines an offer', async ({ page }) => {
  await open(page, 'offer', 'files');
  const offer = page.getByTestId('transfer').filter({ hasText: 'poster-v3-print.zip' });
  await offer.getByTestId('decline').click();
  await expect(offer).toHaveAttribute('data-state', 'cancelled');
});

test('does not let an offer be accepted that cannot fit', async ({ page }) => {
  await open(page, 'offer', 'files');
  const offer = page.getByTestId('transfer').filter({ hasText: 'field-recordings' });
  await expect(offer).toContainText('Does not fit, 3.6 GB free');
  await expect(offer.getByTestId('accept')).toBeDisabled();
});

test('copies a checksum, opens folders, and clears the history', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, 'busy', 'files');
  const done = page.getByTestId('transfer').filter({ hasText: 'bme280-pinout.pdf' });
  await done.getByRole('button', { name: /^Copy the SHA-256/ }).click();
  await expect(page.getByText('SHA-256 copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^[0-9a-f]{64}$/);
  await done.getByRole('button', { name: /^Show/ }).click();
  await page.getByRole('button', { name: 'Open downloads' }).click();
  const methods = await page.evaluate(() => window.gossamerMock.calls.map(({ method }) => method));
  expect(methods).toEqual(expect.arrayContaining(['reveal', 'openDownloads']));

  await page.getByRole('button', { name: 'Clear history' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Clear history' }).click();
  await expect(done).toHaveCount(0);
  await expect(page.getByTestId('transfer')).toHaveCount(3);
});
