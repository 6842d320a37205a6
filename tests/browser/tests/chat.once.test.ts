/** Talking in Everyone. */
import type { Locator, Page } from '@playwright/test';

import type { MessageView } from '../../../ui/src/bindings/MessageView';
import { expect, open, test } from './page';

const last = (page: Page) => page.getByTestId('message').last();

async function hear(page: Page, text: string, more: Partial<MessageView> = {}) {
  await page.evaluate(
    ([said, extra]) =>
      window.gossamerMock.emit({
        event: 'message',
        id: `heard-${said}`,
        conversation: 'everyone',
        from: { id: '7b3e91c4'.repeat(8), name: 'ben' },
        text: said,
        own: false,
        readable: true,
        sent_at: extra.place ?? Date.now(),
        received_at: Date.now(),
        place: Date.now(),
        late: false,
        hops: 0,
        state: null,
        reached: 0,
        reason: null,
        ...extra,
      }),
    [text, more] as const,
  );
}

test('sends with Enter, and says whom it reached', async ({ page }) => {
  await open(page, 'empty');
  const composer = page.getByTestId('composer');
  await composer.fill('hello');
  await composer.press('Enter');
  await expect(last(page)).toContainText('hello');
  await expect(last(page).getByTestId('state')).toHaveAttribute('data-state', 'sent');
  await expect(last(page)).toContainText('Reached 2 devices');
  await expect(composer).toHaveValue('');
});

test('adds a line with Shift+Enter and sends nothing blank', async ({ page }) => {
  await open(page, 'empty');
  const composer = page.getByTestId('composer');
  await composer.press('Enter');
  await composer.fill('one');
  await composer.press('Shift+Enter');
  await composer.pressSequentially('two');
  await page.getByTestId('send').click();
  await expect(last(page).locator('.plain')).toHaveText('one\ntwo');
  await expect(page.getByTestId('message')).toHaveCount(1);
});

/** A message of ana's that is longer than one may be, by as many bytes. */
const longer = (by: number) => 'a'.repeat(16 * 1024 + by);

test('says by how much a message is too long, once ana has stopped typing', async ({ page }) => {
  await open(page, 'empty');
  const composer = page.getByTestId('composer');
  const told = page.getByTestId('too-long');
  await composer.fill(longer(0));
  await expect(page.getByTestId('send')).toBeEnabled();
  await expect(page.getByRole('button', { name: 'Send as a file' })).toHaveCount(0);

  await told.evaluate((element) => {
    const said: string[] = [];
    new MutationObserver(() => said.push(element.textContent ?? '')).observe(element, {
      characterData: true,
      childList: true,
      subtree: true,
    });
    Object.assign(window, { said });
  });
  const said = () => page.evaluate(() => (window as unknown as { said: string[] }).said);
  await composer.press('End');
  await composer.pressSequentially('\u00e4\u00f6\u00fc');
  const hint = '6 B too long for one message. Shorten it, or send it as a file.';
  await expect(composer).toHaveAccessibleDescription(hint);
  await expect(page.getByTestId('send')).toBeDisabled();
  await expect(told).toHaveText(hint);
  expect(await said()).toEqual([hint]);

  await composer.fill('short');
  await expect(told).toHaveText('Fits into one message now.');
});

test('sends as a file what is too long for a message', async ({ page }) => {
  await open(page, 'empty');
  const composer = page.getByTestId('composer');
  await composer.fill(longer(1300));
  await page.getByRole('button', { name: 'Send as a file' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Message 2026-11-22 14.06.txt');

  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(composer).toHaveValue(longer(1300));
  await expect(page.getByTestId('transfer')).toHaveCount(0);

  await page.getByRole('button', { name: 'Send as a file' }).press('Enter');
  await dialog.getByRole('button', { name: 'Send 1 file' }).click();
  await expect(page.getByTestId('transfer')).toContainText('Message 2026-11-22 14.06.txt');
  await expect(composer).toHaveValue('');
  await expect(composer).toBeFocused();
});

test('keeps what ana wrote when no file can be made of it', async ({ page }) => {
  await open(page, 'empty');
  const much = 'a'.repeat(1024 * 1024 + 1);
  await page.getByTestId('composer').fill(much);
  await page.getByRole('button', { name: 'Send as a file' }).click();
  await expect(page.getByText('The text is too long for a file: 1 MiB fit.')).toBeVisible();
  await expect(page.getByTestId('composer')).toHaveValue(much);
});

test('keeps a draft over a restart', async ({ page }) => {
  await open(page, 'empty');
  await page.getByTestId('composer').fill('half a thought');
  await page.reload();
  const composer = page.getByTestId('composer');
  await expect(composer).toHaveValue('half a thought');

  await composer.press('End');
  await composer.pressSequentially(', whole');
  await goesToPeople(page);
  await page.getByRole('link', { name: 'Chats' }).click();
  await expect(composer).toHaveValue('half a thought, whole');

  await page.getByTestId('send').click();
  await expect(last(page)).toContainText('half a thought, whole');
  await page.reload();
  await expect(composer).toHaveValue('');
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
});

test('waits while nobody is near, and tries again on request', async ({ page }) => {
  await open(page, 'alone');
  await page.getByTestId('composer').fill('anyone?');
  await page.getByTestId('send').click();
  await expect(last(page)).toContainText('Waiting for a route');
  await expect(page.getByTestId('status-queued')).toHaveText('1 waiting');

  await open(page, 'failed');
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('button', { name: 'Retry' })).toHaveCount(0);
});

test('shows what is heard, announces it, and counts it elsewhere', async ({ page }) => {
  await open(page, 'empty', 'people');
  await hear(page, 'good morning');
  await expect(page.getByRole('link', { name: 'Chats 1 unread message' })).toBeVisible();
  await expect(page.getByTestId('announcer')).toHaveText('ben: good morning');
  await expect(page).toHaveTitle('(1) Gossamer');

  await page.getByRole('link', { name: 'Chats 1 unread message' }).click();
  await expect(page.getByTestId('unread-divider')).toBeVisible();
  await expect(last(page)).toContainText('good morning');
  await expect(page).toHaveTitle('Gossamer');
});

test('leaves links to the desktop, which asks before one opens', async ({ page }) => {
  await open(page, 'empty');
  await hear(page, 'See [the schedule](https://example.org/today?a=1)');
  await last(page).getByRole('link', { name: 'the schedule' }).click();
  const opened = () =>
    page.evaluate(() => window.gossamerMock.calls.filter(({ method }) => method === 'openLink'));
  await expect
    .poll(opened)
    .toEqual([{ method: 'openLink', args: ['https://example.org/today?a=1'] }]);
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('opens www. as https, and a mail address to write to, with the keyboard too', async ({
  page,
}) => {
  await open(page, 'empty');
  await hear(page, 'www.example.org/today or ana@example.org');
  await last(page).getByRole('link', { name: 'www.example.org/today' }).click();
  await last(page).getByRole('link', { name: 'ana@example.org' }).press('Enter');
  const opened = () =>
    page.evaluate(() =>
      window.gossamerMock.calls
        .filter(({ method }) => method === 'openLink')
        .map(({ args }) => args[0]),
    );
  await expect.poll(opened).toEqual(['https://www.example.org/today', 'mailto:ana@example.org']);
});

test('never runs what a message carries', async ({ page }) => {
  await open(page, 'empty');
  await hear(page, '<img src=x onerror="document.title=1"> [x](javascript:alert(1)) **ok**');
  await expect(last(page).locator('strong')).toHaveText('ok');
  await expect(last(page).locator('img, a, script')).toHaveCount(0);
});

test('colours code, names its language, copies and wraps it', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, 'empty');
  await hear(page, '```python\nprint("hello")\n```');
  const code = page.getByTestId('code');
  await expect(code).toContainText('Python');
  await expect(code.locator('.hljs-string')).toHaveText('"hello"');
  await code.getByRole('button', { name: 'Copy code' }).click();
  await expect(code.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('print("hello")');
  await code.getByRole('button', { name: 'Wrap lines' }).click();
  await expect(code.locator('pre')).toHaveCSS('white-space', 'pre-wrap');
});

test('says so when a message is under another password', async ({ page }) => {
  await open(page, 'empty');
  await hear(page, '', { readable: false });
  await expect(last(page)).toContainText('Written under another password');
});

test('puts what comes late in its place and says so, and moves what must stand below it', async ({
  page,
}) => {
  await open(page, 'empty');
  const now = Date.now();
  const order = () => page.getByTestId('message').locator('.text').allInnerTexts();
  await hear(page, 'first', { place: now });
  await hear(page, 'last', { place: now + 2000 });
  await hear(page, 'between', { place: now + 1000, late: true, hops: 2 });
  await expect.poll(order).toEqual(['first', 'between', 'last']);
  const between = page.getByRole('article', { name: /between/ });
  await expect(between.getByTestId('late')).toHaveText('Arrived late');
  await expect(between).toHaveAccessibleName(/Arrived late, Through 2 devices$/);

  await hear(page, 'first', { place: now + 3000 });
  await expect.poll(order).toEqual(['between', 'last', 'first']);
});

test('keeps the line above what is new when something comes late', async ({ page }) => {
  await open(page, 'long');
  await expect(last(page)).toBeInViewport();
  await page.getByTestId('feed').hover();
  await page.mouse.wheel(0, -800);
  await expect(page.getByRole('button', { name: /Jump to the newest/ })).toBeVisible();
  const now = await page.evaluate(() => Date.now());
  await hear(page, 'new', { place: now + 2000 });
  await hear(page, 'late', { place: now + 1000, late: true });
  await page.getByRole('button', { name: 'Jump to the newest, 2 unread messages' }).click();
  await expect(page.locator('p[data-testid=unread-divider] + article')).toHaveAccessibleName(
    /late, Arrived late$/,
  );
});

/** Waits until something that scrolls does not any more. */
const comesToRest = (scroller: Locator) =>
  scroller.evaluate(
    (element) =>
      new Promise<void>((resolve) => {
        let before = Number.NaN;
        const look = setInterval(() => {
          if (element.scrollTop === before) {
            clearInterval(look);
            resolve();
          }
          before = element.scrollTop;
        }, 100);
      }),
  );

test('loads older pages above without moving what is read', async ({ page }) => {
  await open(page, 'long');
  const feed = page.getByTestId('feed');
  await expect(last(page)).toContainText('Entry 1000.');
  const loaded = () =>
    page.evaluate(
      () =>
        window.gossamerMock.calls.filter(
          ({ args }) => (args[0] as { cmd?: string } | undefined)?.cmd === 'history',
        ).length,
    );
  expect(await loaded()).toBe(1);
  await feed.hover();
  await expect
    .poll(
      async () => {
        await page.mouse.wheel(0, -1500);
        await comesToRest(feed);
        return loaded();
      },
      { intervals: [0], timeout: 20_000 },
    )
    .toBeGreaterThan(1);
  await expect(feed).toHaveAttribute('aria-busy', 'false');
  // The last turn of the wheel may have carried on, but not up to the top of the page that came.
  const highest = () =>
    page.evaluate(() => {
      const top = document.querySelector('[role=feed]')?.getBoundingClientRect().top ?? 0;
      return [...document.querySelectorAll('[data-testid=message]')]
        .filter((each) => each.getBoundingClientRect().bottom > top)
        .map((each) => Number(/Entry (\d+)/.exec(each.textContent ?? '')?.[1]))
        .at(0);
    });
  await expect.poll(highest).toBeLessThan(950);
  expect(await highest()).toBeGreaterThan(820);
  expect(await loaded()).toBe(2);
  expect(await page.getByTestId('message').count()).toBeLessThan(60);

  await page.getByRole('button', { name: 'Jump to the newest' }).click();
  await expect(last(page)).toContainText('Entry 1000.');
});

test('stays where the reader is when something new comes', async ({ page }) => {
  await open(page, 'long');
  await expect(last(page)).toBeInViewport();
  await page.getByTestId('feed').hover();
  await page.mouse.wheel(0, -800);
  const jump = page.getByRole('button', { name: /Jump to the newest/ });
  await expect(jump).toBeVisible();
  await hear(page, 'something new');
  await expect(jump).toHaveAccessibleName('Jump to the newest, 1 unread message');
  await expect(last(page)).not.toBeInViewport();
  await jump.click();
  await expect(last(page)).toBeInViewport();
  await expect(last(page)).toContainText('something new');
});

/** Until the chat is gone, what comes is on screen there. */
async function goesToPeople(page: Page) {
  await page.getByRole('link', { name: 'People' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible();
}

/** Nine texts, each of several lines: more than fit on a screen. */
async function hearMuch(page: Page) {
  const now = await page.evaluate(() => Date.now());
  for (let index = 1; index <= 9; index += 1) {
    const text = `Part ${index}. ${'A few words that go on for a while. '.repeat(8)}`;
    await hear(page, text, { place: now + index });
  }
}

const marks = (page: Page) =>
  page.evaluate(
    () =>
      window.gossamerMock.calls.filter(
        ({ args }) => (args[0] as { cmd?: string } | undefined)?.cmd === 'mark_read',
      ).length,
  );

test('begins with what is new, and takes nothing for read that has not been on screen', async ({
  page,
}) => {
  for (const scenario of ['long', 'empty']) {
    await open(page, scenario);
    await goesToPeople(page);
    await hearMuch(page);
    await page.getByRole('link', { name: 'Chats 9 unread messages' }).click();
    await expect(page.getByTestId('unread-divider')).toBeInViewport();
    const jump = page.getByRole('button', { name: 'Jump to the newest, 9 unread messages' });
    await expect(jump).toBeVisible();
    await comesToRest(page.getByTestId('feed'));
    await expect(page.getByTestId('message').filter({ hasText: 'Part 1.' })).toBeInViewport();
    await expect(page).toHaveTitle('(9) Gossamer');
    expect(await marks(page)).toBe(0);
    await jump.click();
    await expect(page).toHaveTitle('Gossamer');
  }
});

test('takes what is new for read at once when all of it has room', async ({ page }) => {
  await open(page, 'long');
  await goesToPeople(page);
  await hear(page, 'one line');
  await page.getByRole('link', { name: 'Chats 1 unread message' }).click();
  await expect(last(page)).toContainText('one line');
  await expect(last(page)).toBeInViewport();
  await expect(page).toHaveTitle('Gossamer');
  await expect(page.getByRole('button', { name: /Jump to the newest/ })).toHaveCount(0);
});

test('follows a burst after having been elsewhere', async ({ page }) => {
  await open(page, 'long');
  await expect(last(page)).toBeInViewport();
  await goesToPeople(page);
  await expect(page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible();
  await page.getByRole('link', { name: 'Chats' }).click();
  await expect(last(page)).toBeInViewport();
  await hearMuch(page);
  await expect(last(page)).toContainText('Part 9.');
  await comesToRest(page.getByTestId('feed'));
  await expect(last(page)).toBeInViewport();
  await expect(page.getByRole('button', { name: /Jump to the newest/ })).toHaveCount(0);
  await expect(page).toHaveTitle('Gossamer');
});

test('tells two devices of one name apart', async ({ page }) => {
  await open(page, 'empty', 'people');
  await page.evaluate(() =>
    window.gossamerMock.emit({
      event: 'peer_up',
      peer: {
        id: 'beef0001'.repeat(8),
        name: 'ben',
        addr: '192.168.1.77:9999',
        via: null,
        hops: 1,
        rtt_ms: null,
        rate: null,
        contact: false,
        dialect: 'v2',
        status: 'direct',
        last_seen: Date.now(),
      },
    }),
  );
  await expect(page.getByTestId('person').filter({ hasText: 'beef' })).toContainText('ben');
  await expect(page.getByTestId('person').filter({ hasText: '7b3e' })).toContainText('ben');
});
