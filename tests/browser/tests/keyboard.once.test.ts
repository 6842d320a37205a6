/** Everything without a pointer. */
import { expect, open, test } from './page';

test('joins and sends with the keyboard alone', async ({ page }) => {
  await open(page, 'join');
  await expect(page.getByTestId('join-name')).toBeFocused();
  await page.keyboard.type('ana');
  await page.keyboard.press('Tab');
  await expect(page.getByTestId('join-password')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.keyboard.type('hello from the keys');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('message').last()).toContainText('hello from the keys');
  await expect(page.getByTestId('composer')).toBeFocused();
});

test('walks through the messages and back', async ({ page }) => {
  await open(page, 'busy');
  await expect(page.getByTestId('composer')).toBeFocused();
  // The composer is there before the messages are.
  await expect(page.locator('article').last()).toBeVisible();
  await page.waitForLoadState('networkidle');
  await page.keyboard.press('ArrowUp');
  const focused = page.locator('article:focus');
  await expect(focused).toHaveAccessibleName(/poster-v3-print.zip/);
  await page.keyboard.press('ArrowUp');
  await expect(focused).toHaveAccessibleName(/^ben, .*flash boards/);
  await page.keyboard.press('Home');
  await expect(focused).toHaveAccessibleName(/^Hall desk, .*projector room/);
  await page.keyboard.press('End');
  await expect(focused).toHaveAccessibleName(/poster-v3-print.zip/);
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('decline').last()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(focused).toHaveAccessibleName(/poster-v3-print.zip/);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('composer')).toBeFocused();
});

test('has one tab stop for the messages', async ({ page }) => {
  await open(page, 'busy');
  await expect(page.locator('article[tabindex="0"]')).toHaveCount(1);
});

test('changes views, opens and closes the sheet, and goes back', async ({ page }) => {
  await open(page, 'busy');
  const heading = (name: string) => page.getByRole('heading', { level: 1, name });
  await page.keyboard.press('Control+2');
  await expect(heading('People')).toBeVisible();
  await page.keyboard.press('Control+3');
  await expect(heading('Files')).toBeVisible();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(heading('People')).toBeVisible();
  await page.keyboard.press('Control+n');
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.keyboard.press('Control+/');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Control+Shift+U');
  await expect(page.getByRole('dialog', { name: 'Send 2 files' })).toBeVisible();
});

test('cycles through the regions of the window with F6', async ({ page }) => {
  await open(page, 'busy');
  await expect(page.getByTestId('composer')).toBeFocused();
  const region = () =>
    page.evaluate(
      () => document.activeElement?.closest('[data-region]')?.getAttribute('data-region') ?? '',
    );
  const seen: string[] = [];
  for (let step = 0; step < 7; step += 1) {
    await page.keyboard.press('F6');
    seen.push(await region());
  }
  expect(seen).toEqual(['details', 'status', 'rail', 'list', 'header', 'messages', 'composer']);
  await page.keyboard.press('Shift+F6');
  expect(await region()).toBe('messages');
});

test('returns focus when a dialog closes', async ({ page }) => {
  await open(page, 'busy', 'people');
  const button = page.getByRole('button', { name: 'Connect by address' });
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(button).toBeFocused();
});

test('picks an emoji with the keyboard', async ({ page }) => {
  await open(page, 'empty');
  await page.getByTestId('composer').fill('on it ');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'grinning' })).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('composer')).toHaveValue('on it 😄');
});
