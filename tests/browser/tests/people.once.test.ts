/** Who is around, and reaching them by address. */
import { expect, expectAccessible, expectFits, open, test } from './page';

test('lists this device and the others with what is known of them', async ({ page }) => {
  await open(page, 'busy', 'people');
  const people = page.getByTestId('person');
  await expect(people).toHaveCount(6);
  await expect(people.nth(0)).toContainText(/ana\s*You.*This device/);
  await expect(people.nth(1)).toContainText(
    /ben\s*Direct\s*3 ms\s*Receiving\s*48\.2 MB\/s\s*Sending\s*60\.0 MB\/s\s*192\.168\.1\.31:9999\s*Encrypted\s*just now/,
  );
  await expect(people.nth(3)).toContainText(
    /Field tent\s*Through ben\s*8 ms\s*Sending\s*31\.6 MB\/s\s*Encrypted/,
  );
  await expect(people.nth(5)).toContainText(/Hall desk\s*Offline.*at 11:06/);
});

test('counts people alike wherever it does', async ({ page }) => {
  for (const [scenario, words] of [
    ['busy', '3 others here'],
    ['alone', 'Nobody else here'],
  ] as const) {
    await open(page, scenario);
    for (const place of ['header', 'details', 'status']) {
      await expect(page.locator(`[data-region=${place}]`)).toContainText(words);
    }
    await page.keyboard.press('Control+2');
    const main = page.getByRole('main');
    await expect(main.getByText(words)).toBeVisible();
  }
});

test('makes people contacts and no contacts with the keyboard, and lists them first', async ({
  page,
}) => {
  await open(page, 'busy', 'people');
  const people = page.getByTestId('person');
  const add = page.getByRole('button', { name: 'Add cleo to contacts' });
  const remove = page.getByRole('button', { name: 'Remove cleo from contacts' });
  await page.getByRole('button', { name: 'Remove ben from contacts' }).focus();
  await page.keyboard.press('Enter');
  const ben = page.getByRole('button', { name: 'Add ben to contacts' });
  await expect(ben).toBeFocused();
  await expect(ben).toHaveAttribute('aria-pressed', 'false');

  await add.focus();
  await page.keyboard.press('Space');
  await expect(remove).toBeFocused();
  await expect(remove).toHaveAttribute('aria-pressed', 'true');
  await expect(people.nth(1)).toContainText('cleo');
  await expect(people.nth(2)).toContainText('ben');
  await page.keyboard.press('Space');
  await expect(add).toBeFocused();
  await expect(people.nth(1)).toContainText('ben');
  await expectAccessible(page);
});

test('offers no star for this device and for those that prove nothing', async ({ page }) => {
  await open(page, 'open', 'people');
  const stars = (name: string) =>
    page.getByTestId('person').filter({ hasText: name }).getByRole('button');
  await expect(stars('ben')).toHaveCount(1);
  await expect(stars('This device')).toHaveCount(0);
  await expect(stars('Old laptop')).toHaveCount(0);
});

test('says what this device passes on for others, while it does', async ({ page }) => {
  await open(page, 'busy', 'people');
  await expect(page.getByTestId('status-relaying')).toHaveText('Passing on 2 files for others');
  await open(page, 'quiet', 'people');
  await expect(page.getByTestId('status-relaying')).toHaveCount(0);
});

test('says how fast files come and go while they do', async ({ page }) => {
  await open(page, 'empty', 'people');
  const cleo = page.getByTestId('person').filter({ hasText: 'cleo' });
  await expect(cleo).not.toContainText('MB/s');
  await page.evaluate(() => {
    const rates = [{ id: 'c1e0d2f8'.repeat(8), rate: { down: 12_400_000, up: 0 } }];
    window.gossamerMock.emit({ event: 'peer_rates', rates });
  });
  await expect(cleo).toContainText(/Direct\s*3 ms\s*Receiving\s*12\.4 MB\/s/);
  await expect(cleo).not.toContainText('Sending');
  await page.evaluate(() => {
    window.gossamerMock.emit({ event: 'peer_rates', rates: [] });
  });
  await expect(cleo).not.toContainText('MB/s');
});

test('gives names their room among thirty people, in windows of every size', async ({ page }) => {
  await open(page, 'crowd', 'people');
  await expect(page.getByTestId('person')).toHaveCount(31);
  for (const width of [1280, 900, 640]) {
    await page.setViewportSize({ width, height: 600 });
    await expectFits(page);
  }
});

test('says since when somebody is away, however narrow the window', async ({ page }) => {
  await page.setViewportSize({ width: 480, height: 800 });
  await open(page, 'busy', 'people');
  await expect(page.getByText('at 11:06').filter({ visible: true })).toHaveCount(1);
});

test('marks a device that speaks the classic protocol, and no other', async ({ page }) => {
  await open(page, 'open', 'people');
  const person = (name: string) => page.getByTestId('person').filter({ hasText: name });
  await expect(person('Old laptop')).toContainText('Classic');
  await expect(person('ben')).not.toContainText('Classic');
});

test('says who is near with another password, instead of nobody', async ({ page }) => {
  await open(page, 'apart');
  await expect(page.getByTestId('apart')).toContainText(
    '3 nearby devices use a different password.',
  );
  await expect(page.getByText('You are alone on this network.')).toHaveCount(0);
  await page.getByTestId('status-apart').click();
  await expect(page.getByRole('heading', { name: 'Nobody else in this network' })).toBeVisible();
  await expect(page.getByTestId('apart')).toContainText('leave and join again with theirs');
});

test('says what a network without a password is to those who have one', async ({ page }) => {
  await open(page, 'open', 'people');
  await expect(page.getByTestId('apart')).toContainText(
    '1 nearby device uses a password, and you joined without one.',
  );
});

test('connects by address', async ({ page }) => {
  await open(page, 'alone', 'people');
  await page.getByRole('button', { name: 'Connect by address' }).click();
  await page.getByLabel('Address', { exact: true }).fill('10.0.0.7');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page.getByText('Connected to Workshop')).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByTestId('person').filter({ hasText: 'Workshop' })).toContainText('Direct');
});

test('says in place why an address did not work', async ({ page }) => {
  await open(page, 'alone', 'people');
  await page.getByRole('button', { name: 'Connect by address' }).click();
  const addr = page.getByLabel('Address', { exact: true });
  const connect = page.getByRole('button', { name: 'Connect', exact: true });

  await connect.click();
  await expect(page.getByText('Enter an address, such as')).toBeVisible();
  await addr.fill('no/where');
  await connect.click();
  await expect(page.getByText('"no/where" is not an address.')).toBeVisible();
  await addr.fill('10.0.0.99');
  await connect.click();
  await expect(page.getByText('Nobody answered at 10.0.0.99:9999.')).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('notes in the conversation who comes and goes', async ({ page }) => {
  await open(page, 'busy');
  await page.evaluate(() => {
    const peer = {
      id: '7b3e91c4'.repeat(8),
      name: 'ben',
      addr: '192.168.1.31:9999',
      via: null,
      hops: null,
      rtt_ms: null,
      rate: null,
      contact: false,
      dialect: 'v2' as const,
      status: 'offline' as const,
      last_seen: Date.now(),
    };
    window.gossamerMock.emit({ event: 'peer_down', peer });
    window.gossamerMock.emit({ event: 'peer_up', peer: { ...peer, status: 'direct' } });
  });
  await expect(page.getByText('ben is away')).toBeVisible();
  await expect(page.getByText('ben is here')).toBeVisible();
});
