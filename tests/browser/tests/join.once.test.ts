/** Joining: what the form asks, says and refuses. */
import { expect, open, test } from './page';

test('asks for a name and nothing more', async ({ page }) => {
  await open(page, 'join');
  await page.getByTestId('join-submit').click();
  await expect(page.getByText('Enter the name others will see.')).toBeVisible();
  await expect(page.getByTestId('join-name')).toBeFocused();

  await page.getByTestId('join-name').fill('ana');
  await page.getByTestId('join-submit').click();
  await expect(page.getByTestId('composer')).toBeFocused();
  await expect(page.getByTestId('status-online')).toHaveText('2 others here');
});

test('hands the password over apart from the form, and none when it is empty', async ({ page }) => {
  await open(page, 'join');
  await page.getByTestId('join-name').fill('ana');
  await page.getByTestId('join-password').fill('tavik-morel-sudan');
  await page.getByTestId('join-port').fill('10001');
  await page.getByText('More', { exact: true }).click();
  await page.getByTestId('join-network').fill('workshop');
  await page.getByTestId('join-submit').click();
  await expect(page.getByTestId('composer')).toBeVisible();

  const calls = await page.evaluate(() => window.gossamerMock.calls);
  expect(calls.find(({ method }) => method === 'join')?.args).toEqual([
    { name: 'ana', port: 10001, network: 'workshop', bind: null },
    'tavik-morel-sudan',
    null,
  ]);
});

test('shows and hides a password, and makes one', async ({ page }) => {
  await open(page, 'join');
  const password = page.getByTestId('join-password');
  await password.fill('maple');
  await expect(password).toHaveAttribute('type', 'password');
  await expect(page.getByText('Short. Someone near can guess it')).toBeVisible();
  await page.getByRole('button', { name: 'Show password' }).click();
  await expect(password).toHaveAttribute('type', 'text');

  await page.getByRole('button', { name: 'Generate a password' }).click();
  await expect(password).toHaveValue(/^[a-z]{5}-[a-z]{5}-[a-z]{5}$/);
});

test('offers a free port and fills it in', async ({ page }) => {
  await open(page, 'port-in-use');
  await page.getByRole('button', { name: 'Use 10000' }).click();
  await expect(page.getByTestId('join-port')).toHaveValue('10000');
  await expect(page.getByTestId('heard')).toHaveText('Listening, nobody heard yet');
});

test('says that a port is taken only while it is', async ({ page }) => {
  await open(page, 'port-in-use');
  const alert = page.getByRole('alert');
  const port = page.getByTestId('join-port');
  await page.getByTestId('join-submit').click();
  await expect(alert).toContainText('The port is taken');
  await port.fill('10000');
  await expect(alert).toHaveCount(0);
  await port.fill('9999');
  await expect(alert).toContainText('The port is taken');
  await page.evaluate(() => window.gossamerMock.freePort());
  await expect(alert).toHaveCount(0);
});

test('uses one network when asked to', async ({ page }) => {
  await open(page, 'join');
  await page.getByRole('button', { name: 'Change' }).click();
  await page.getByRole('radio', { name: /Wi-Fi/ }).check();
  await expect(page.getByText('Using Wi-Fi, 192.168.1.0/24')).toBeVisible();
  await page.getByTestId('join-name').fill('ana');
  await page.getByTestId('join-submit').click();
  await expect(page.getByTestId('composer')).toBeVisible();
  const calls = await page.evaluate(() => window.gossamerMock.calls);
  expect(calls.find(({ method }) => method === 'join')?.args[0]).toMatchObject({
    bind: '192.168.1.23',
  });
});

test('says why joining failed and keeps what was typed', async ({ page }) => {
  await open(page, 'refused');
  await page.getByTestId('join-password').fill('maple-otter-ridge');
  await page.getByTestId('join-submit').click();
  await expect(page.getByRole('alert')).toContainText('Another Gossamer already uses the profile');
  await expect(page.getByTestId('join-name')).toHaveValue('ana');
  await expect(page.getByTestId('join-password')).toHaveValue('maple-otter-ridge');
});

test('asks for the passphrase once a locked history needs it', async ({ page }) => {
  await open(page, 'passphrase');
  const passphrase = page.getByTestId('join-passphrase');
  await expect(passphrase).toHaveCount(0);
  await page.getByTestId('join-submit').click();
  await expect(page.getByRole('alert')).toContainText('Your history is locked');
  await expect(passphrase).toBeFocused();

  await passphrase.fill('maple');
  await passphrase.press('Enter');
  await expect(page.getByRole('alert')).toContainText('That is not the passphrase');
  await expect(passphrase).toBeFocused();
  await passphrase.fill('maple otter ridge');
  await passphrase.press('Enter');
  await expect(page.getByTestId('composer')).toBeVisible();
});

test('leaves and comes back', async ({ page }) => {
  await open(page, 'busy', 'settings');
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
  await expect(page.getByTestId('join-name')).toHaveValue('ana');
  await page.getByTestId('join-submit').click();
  await expect(page.getByTestId('status-online')).toBeVisible();
  await expect(page.getByTestId('composer')).toBeFocused();
});
