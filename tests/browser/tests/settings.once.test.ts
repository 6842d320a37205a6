/** What is chosen in the settings. */
import { expect, expectAccessible, open, screenshot, test } from './page';

test('chooses with the keyboard for whom files are passed on', async ({ page }) => {
  await open(page, 'busy', 'settings');
  const who = page.getByRole('group', { name: 'Pass files on for' });
  await expect(who.getByRole('radio', { name: 'Everyone' })).toBeChecked();
  await who.getByRole('radio', { name: 'Everyone' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(who.getByRole('radio', { name: 'Contacts' })).toBeChecked();
  await page.keyboard.press('ArrowRight');
  await expect(who.getByRole('radio', { name: 'Nobody' })).toBeChecked();
  await expect(page.getByText('Messages still do.')).toBeVisible();

  const calls = await page.evaluate(() => window.gossamerMock.calls);
  const asked = calls.filter(({ method }) => method === 'run').map(({ args }) => args[0]);
  expect(asked.slice(-2)).toEqual([
    { cmd: 'set_relay', relay: 'contacts' },
    { cmd: 'set_relay', relay: 'nobody' },
  ]);
  await expectAccessible(page);
  await screenshot(page, 'settings-relay');
});
