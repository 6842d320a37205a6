/** Every screen and state: no axe violations, nothing cut off, and a picture to look at. */
import type { Page } from '@playwright/test';

import { expect, expectAccessible, expectFits, open, screenshot, test } from './page';

type Screen = {
  name: string;
  scenario: string;
  route?: string;
  /** Seen before the picture is taken. */
  shows: string | RegExp;
  act?: (page: Page) => Promise<void>;
};

const screens: Screen[] = [
  { name: 'join', scenario: 'join', shows: '3 devices heard on port 9999' },
  { name: 'join-port-in-use', scenario: 'port-in-use', shows: 'Port 9999 is used by another app.' },
  {
    name: 'join-refused',
    scenario: 'refused',
    shows: 'Gossamer is already open',
    act: (page) => page.getByTestId('join-submit').click(),
  },
  {
    name: 'join-password',
    scenario: 'join',
    shows: 'Strong. Tell it to others in person.',
    act: (page) => page.getByRole('button', { name: 'Generate a password' }).click(),
  },
  {
    name: 'join-passphrase',
    scenario: 'passphrase',
    shows: 'Your history is locked',
    act: (page) => page.getByTestId('join-submit').click(),
  },
  { name: 'chat-empty', scenario: 'empty', shows: 'Say hello' },
  { name: 'chat-alone', scenario: 'alone', shows: 'You are alone on this network.' },
  {
    name: 'chat-apart',
    scenario: 'apart',
    shows: '3 nearby devices use a different password.',
  },
  { name: 'chat-busy', scenario: 'busy', shows: 'Great. Doors open at six 🎉' },
  { name: 'chat-offline', scenario: 'offline', shows: 'Waiting for a route' },
  { name: 'chat-failed', scenario: 'failed', shows: /^Not sent\. The recipient was not met/ },
  { name: 'chat-loading', scenario: 'loading', shows: 'Opening Gossamer' },
  {
    name: 'chat-code',
    scenario: 'busy',
    shows: 'Rust',
    act: async (page) => {
      await expect(page.locator('article').last()).toBeVisible();
      // Rows grow when their Markdown has loaded; where the keys lead is judged after that.
      await page.waitForLoadState('networkidle');
      await page.getByTestId('feed').focus();
      await page.keyboard.press('F6');
      await page.keyboard.press('Shift+F6');
      await page.keyboard.press('Home');
    },
  },
  {
    name: 'chat-too-long',
    scenario: 'busy',
    shows: '1.24 KB too long for one message.',
    act: (page) => page.getByTestId('composer').fill('All of it. '.repeat(1602)),
  },
  {
    name: 'chat-emoji',
    scenario: 'busy',
    shows: 'Faces',
    act: (page) => page.getByRole('button', { name: 'Emoji', exact: true }).click(),
  },
  { name: 'people', scenario: 'busy', route: 'people', shows: 'Cannot be reached' },
  { name: 'people-crowd', scenario: 'crowd', route: 'people', shows: 'Field tent (second floor)' },
  { name: 'people-alone', scenario: 'alone', route: 'people', shows: 'Nobody here yet' },
  {
    name: 'people-apart',
    scenario: 'apart',
    route: 'people',
    shows: 'Nobody else in this network',
  },
  { name: 'people-open', scenario: 'open', route: 'people', shows: 'Old laptop' },
  { name: 'files', scenario: 'busy', route: 'files', shows: 'In progress' },
  { name: 'files-offers', scenario: 'offer', route: 'files', shows: 'Does not fit, 3.6 GB free' },
  { name: 'files-failed', scenario: 'failed', route: 'files', shows: /^The disk is full/ },
  { name: 'files-empty', scenario: 'empty', route: 'files', shows: 'No files yet' },
  { name: 'settings', scenario: 'busy', route: 'settings', shows: 'Text size' },
  {
    name: 'dialog-send',
    scenario: 'busy',
    route: 'files',
    shows: 'front door.jpg',
    act: (page) => page.getByRole('button', { name: 'Send files' }).click(),
  },
  {
    name: 'dialog-connect',
    scenario: 'busy',
    route: 'people',
    shows: /^An IP address/,
    act: (page) => page.getByRole('button', { name: 'Connect by address' }).click(),
  },
  {
    name: 'dialog-shortcuts',
    scenario: 'busy',
    shows: 'Write a message',
    act: (page) => page.keyboard.press('Control+/'),
  },
  {
    name: 'dialog-clear',
    scenario: 'busy',
    route: 'files',
    shows: 'Clear the file history?',
    act: (page) => page.getByRole('button', { name: 'Clear history' }).click(),
  },
];

for (const { name, scenario, route, shows, act } of screens) {
  test(name, async ({ page }) => {
    await open(page, scenario, route);
    await act?.(page);
    await expect(page.getByText(shows).filter({ visible: true }).first()).toBeVisible();
    await page.evaluate(() => document.fonts.ready);
    await expectFits(page);
    await expectAccessible(page);
    await screenshot(page, name);
  });
}
