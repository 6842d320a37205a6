/** Everything without a pointer. */
import type { Page } from '@playwright/test';

import { expect, open, test } from './page';

/** The part of the window that has the focus. */
const regionOf = (page: Page) =>
  page.evaluate(
    () => document.activeElement?.closest('[data-region]')?.getAttribute('data-region') ?? '',
  );

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
  const seen: string[] = [];
  for (let step = 0; step < 7; step += 1) {
    await page.keyboard.press('F6');
    seen.push(await regionOf(page));
  }
  expect(seen).toEqual(['details', 'status', 'rail', 'list', 'header', 'messages', 'composer']);
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.keyboard.press('Shift+F6');
  expect(await regionOf(page)).toBe('messages');
  await expect(page.locator('article:focus')).toHaveCount(1);
});

test('leaves out the parts that a window has no room for, and starts at either end', async ({
  page,
}) => {
  await page.setViewportSize({ width: 640, height: 480 });
  await open(page, 'busy');
  const goTo = async (key: string) => {
    await page.keyboard.press(key);
    return regionOf(page);
  };
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  expect(await goTo('Shift+F6')).toBe('status');
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  expect(await goTo('F6')).toBe('rail');
  expect(await goTo('F6')).toBe('header');
  for (const place of ['people', 'files', 'settings'] as const) {
    await open(page, 'busy', place);
    const seen: string[] = [];
    for (let step = 0; step < 4; step += 1) seen.push(await goTo('F6'));
    // The header took the focus over from what was left.
    expect(seen).toEqual(['main', 'status', 'rail', 'header']);
  }
});

test('shows where the focus is in every part', async ({ page }) => {
  await open(page, 'busy');
  await expect(page.getByTestId('composer')).toBeFocused();
  const ring = () =>
    page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused) return '';
      // What is written in has its ring around the whole field.
      const around = focused.tagName === 'TEXTAREA' ? focused.parentElement : focused;
      const { outlineStyle, boxShadow } = getComputedStyle(around ?? focused);
      return outlineStyle !== 'none' || boxShadow !== 'none' ? 'seen' : focused.outerHTML;
    });
  for (let step = 0; step < 7; step += 1) {
    await page.keyboard.press('F6');
    expect(await ring()).toBe('seen');
  }
});

/** What Tab stops at within a region, on its way around the window. */
async function stopsIn(page: Page, region: string): Promise<string[]> {
  await page.locator(`[data-region=${region}]`).focus();
  const stops: string[] = [];
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate((name) => {
      const focused = document.activeElement;
      if (!focused?.closest(`[data-region=${name}]`)) return null;
      return focused.getAttribute('aria-label') ?? focused.textContent.trim();
    }, region);
    if (stop === null) return stops;
    stops.push(stop);
  }
  return stops;
}

test('stops with Tab at one message and at what can be done with it', async ({ page }) => {
  await open(page, 'busy');
  await expect(page.locator('article').last()).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(await stopsIn(page, 'messages')).toEqual([
    expect.stringContaining('poster-v3-print.zip'),
    'Decline poster-v3-print.zip',
    'Accept poster-v3-print.zip',
  ]);
  await page.getByTestId('composer').press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  expect(await stopsIn(page, 'messages')).toEqual([
    expect.stringContaining('flash boards'),
    'Copy message',
  ]);
});

test('reaches code that scrolls from the message that it is in', async ({ page }) => {
  await open(page, 'busy');
  await expect(page.locator('article').last()).toBeVisible();
  await page.waitForLoadState('networkidle');
  const message = page.locator('article:focus');
  await page.getByTestId('composer').press('ArrowUp');
  await page.keyboard.press('Home');
  await expect(message).toHaveAccessibleName(/^Hall desk, .*projector room/);
  const code = page.locator('article pre').first();
  while (!(await code.evaluate((pre) => pre.closest('article')?.matches(':focus')))) {
    await page.keyboard.press('ArrowDown');
    await expect(message).toHaveCount(1);
  }
  await expect(code).toHaveAttribute('tabindex', '0');
  for (let step = 0; step < 4; step += 1) {
    if (await code.evaluate((pre) => pre.matches(':focus'))) break;
    await page.keyboard.press('Tab');
  }
  await expect(code).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(message).toHaveCount(1);
});

test('stops with Tab at one of many people, and goes to the others with arrows', async ({
  page,
}) => {
  await open(page, 'crowd', 'people');
  await expect(page.getByTestId('person')).toHaveCount(31);
  const stars = (await stopsIn(page, 'main')).filter((stop) => stop.endsWith('contacts'));
  expect(stars).toHaveLength(1);

  const focused = page.locator('button:focus');
  const all = page.getByTestId('person').getByRole('button');
  await all.first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(all.nth(1)).toBeFocused();
  await page.keyboard.press('End');
  await expect(all.last()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(all.last()).toBeFocused();
  await page.keyboard.press('Home');
  await expect(all.first()).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(focused).toHaveAccessibleName(/^Copy /);
  await page.keyboard.press('Shift+Tab');
  await expect(all.first()).toBeFocused();
});

test('goes from one offered file to the next with arrows, to the button of the same kind', async ({
  page,
}) => {
  await open(page, 'offer', 'files');
  await expect(page.getByTestId('decline')).toHaveCount(2);
  await page.getByTestId('decline').first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByTestId('decline').nth(1)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByTestId('decline').first()).toBeFocused();
  await page.getByTestId('decline').first().press('Tab');
  await expect(page.getByTestId('decline').nth(1)).not.toBeFocused();
});

test('keeps the focus at an offer that was answered', async ({ page }) => {
  await open(page, 'busy');
  await page.locator('article').last().getByTestId('accept').press('Enter');
  await expect(page.locator('article:focus')).toHaveAccessibleName(/poster-v3-print.zip/);
});

test('keeps the focus among the files when those that ended go', async ({ page }) => {
  await open(page, 'busy', 'files');
  const clear = page.getByRole('button', { name: 'Clear history' });
  await clear.first().press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Clear history' }).press('Enter');
  await expect(clear).toHaveCount(0);
  await expect.poll(() => regionOf(page)).toBe('main');
});

test('reaches a notice with F6, and returns to where it was from', async ({ page }) => {
  const hash = () => page.getByRole('button', { name: /^Copy the SHA-256/ }).first();
  await open(page, 'busy', 'files');
  await hash().press('Enter');
  await expect(page.getByText('SHA-256 copied')).toBeVisible();
  await page.keyboard.press('F6');
  await page.keyboard.press('F6');
  expect(await regionOf(page)).toBe('notices');
  await page.keyboard.press('Enter');
  await expect(page.getByText('SHA-256 copied')).toHaveCount(0);
  expect(await regionOf(page)).toBe('status');
});

test('goes to the header from details that were closed', async ({ page }) => {
  await page.setViewportSize({ width: 640, height: 480 });
  await open(page, 'busy');
  await page.getByTestId('details-toggle').press('Enter');
  const details = page.getByRole('complementary', { name: 'Details' });
  await details.getByRole('button', { name: 'Close' }).press('Enter');
  await expect(details).toHaveCount(0);
  expect(await regionOf(page)).toBe('header');
});

test('returns to writing when the sheet of shortcuts closes', async ({ page }) => {
  await open(page, 'busy');
  await expect(page.getByTestId('composer')).toBeFocused();
  await page.keyboard.press('Control+/');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toContainText(/Next part of the window\s*F6/);
  await page.keyboard.press('F6');
  await expect(sheet.locator(':focus')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  await expect(page.getByTestId('composer')).toBeFocused();
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

  const toggle = page.getByRole('button', { name: 'Emoji', exact: true });
  await toggle.click();
  await toggle.click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await toggle.press('Enter');
  await expect(page.getByRole('button', { name: 'grinning' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
