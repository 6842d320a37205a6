/** Other directions, sizes and wishes than the usual. */
import { expect, expectAccessible, expectFits, open, screenshot, test } from './page';

const places = ['chats/everyone', 'people', 'files', 'settings'];

test('reads from right to left', async ({ page }) => {
  for (const place of places) {
    await open(page, 'busy', place);
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    const rail = await page.getByRole('navigation', { name: 'Views' }).boundingBox();
    expect(rail?.x).toBeGreaterThan(1280 - 73);
    await expectFits(page);
    await screenshot(page, `rtl-${place.split('/')[0]}`);
  }
});

test('keeps everything at 200 % zoom', async ({ page }) => {
  // Twice the zoom is half the CSS pixels.
  await page.setViewportSize({ width: 640, height: 400 });
  for (const place of places) {
    await open(page, 'busy', place);
    await expectFits(page);
    await expectAccessible(page);
    await screenshot(page, `zoom-${place.split('/')[0]}`);
  }
  await open(page, 'join');
  await page.getByTestId('join-submit').scrollIntoViewIfNeeded();
  await expect(page.getByTestId('join-submit')).toBeInViewport();
});

test('works in the smallest window', async ({ page }) => {
  await page.setViewportSize({ width: 640, height: 480 });
  await open(page, 'busy');
  await expect(page.getByTestId('composer')).toBeInViewport();
  await page.getByTestId('composer').fill('small');
  await page.getByTestId('send').click();
  await expect(page.getByTestId('message').last()).toContainText('small');
  await page.getByTestId('details-toggle').click();
  await expect(page.getByRole('complementary', { name: 'Details' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: 'Details' })).toHaveCount(0);
});

test('grows its text', async ({ page }) => {
  await open(page, 'busy', 'settings');
  await page.getByRole('radio', { name: '150%' }).check();
  await expect(page.locator('html')).toHaveCSS('font-size', '24px');
  await expectFits(page);
  await page.reload();
  await expect(page.locator('html')).toHaveCSS('font-size', '24px');
  await open(page, 'busy');
  await expectFits(page);
  await screenshot(page, 'text-150');
});

test('follows the chosen theme over a restart', async ({ page }) => {
  await open(page, 'busy', 'settings');
  await page.getByRole('radio', { name: 'Dark' }).check();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('holds still for those who ask for it', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, 'join');
  await page.getByTestId('join-name').fill('ana');
  const moving = await page.evaluate(
    () =>
      [...document.querySelectorAll('*')].filter((element) => {
        const { animationDuration, transitionDuration } = getComputedStyle(element);
        return [animationDuration, transitionDuration].some((each) => /[1-9]/.test(each));
      }).length,
  );
  expect(moving).toBe(0);
});

test('shows states without colours of its own', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await open(page, 'failed');
  await expect(page.getByText(/^Not sent\./)).toBeVisible();
  await screenshot(page, 'forced-colors');
});
