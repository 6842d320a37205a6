/** Messages that are made to hold the window up. */
import type { Page } from '@playwright/test';

import { expect, open, test } from './page';

declare global {
  interface Window {
    /** The longest task since it was last looked at, milliseconds. */
    longest: number;
    terminated: number;
  }
}

/** The longest that a classic device can send. */
const SIZE = 64 * 1024;
const fill = (piece: string, start = '') =>
  start + piece.repeat((SIZE - start.length) / piece.length);
const code = (lang: string, piece: string) => fill(piece, `\`\`\`${lang}\n`);

const messages: Record<string, string> = {
  ...Object.fromEntries(
    [
      ...['bash', 'c', 'cpp', 'css', 'diff', 'go', 'ini', 'java', 'javascript', 'json', 'kotlin'],
      ...['lua', 'markdown', 'python', 'ruby', 'rust', 'sql', 'typescript', 'xml', 'yaml'],
    ].map((lang) => [`one line of ${lang}`, code(lang, 'a(<"{[1.')]),
  ),
  'lines of code at the limit': code('javascript', `${'(a=>'.repeat(240)}\n`),
  'short lines of code': code('cpp', 'int a = 1;\n'),
  'code blocks': fill('```rust\nlet a = 1;\n```\n'),
  'quotations in each other': fill('>'),
  'lists in each other': fill('- '),
  'open brackets': fill('['),
  'open links': fill('[a]('),
  links: fill('https://a.example '),
  'half addresses': fill('http://'),
  'links without a scheme': fill('www.a.example '),
  'mail addresses': fill('a@b.example '),
  'half mail addresses': fill('a@b.'),
  emphasis: fill('*a* '),
  stars: fill('*'),
  'open emphasis': fill('**a _b '),
  backticks: fill('` `` '),
  'empty lines': fill('\n', '*a*'),
  'lines with blanks': fill(' \n', '*a*'),
  'short lines': fill('a\n', '*a*'),
  'pairs of brackets': fill('[a]'),
  'one word': fill('a', '*a*'),
  'stacked accents': fill(`a${'\u0301'.repeat(100)}`, '*a*'),
  emoji: fill('👩‍🚀', '*a*'),
};

const emit = (page: Page, text: string) =>
  page.evaluate(
    (said) =>
      window.gossamerMock.emit({
        event: 'message',
        id: `heard-${performance.now()}`,
        conversation: 'everyone',
        from: { id: '7b3e91c4'.repeat(8), name: 'ben' },
        text: said,
        own: false,
        readable: true,
        sent_at: Date.now(),
        received_at: Date.now(),
        place: performance.now(),
        late: false,
        hops: 0,
        state: null,
        reached: 0,
        reason: null,
      }),
    text,
  );

test('is never held up by a message, and says how long each took it', async ({ page }) => {
  test.setTimeout(240_000);
  await open(page, 'empty');
  await emit(page, '**ready**');
  const message = page.getByTestId('message').last();
  await expect(message.locator('strong')).toBeVisible();
  await page.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        window.longest = Math.max(window.longest, duration);
      }
    }).observe({ type: 'longtask' });
  });
  const composer = page.getByTestId('composer');
  for (const [name, text] of Object.entries(messages)) {
    await page.evaluate(() => (window.longest = 0));
    await emit(page, text);
    const more = message.getByRole('button', { name: 'Show more' });
    await expect(more).toBeVisible();
    await composer.fill(name);
    await expect(composer).toHaveValue(name);
    await expect(message.locator('[data-reading]')).toHaveCount(0);
    const collapsed = await page.evaluate(() => window.longest);

    // By keyboard: what is above may still be measured, and move the button under the mouse.
    const less = message.getByRole('button', { name: 'Show less' });
    // A row that is being measured is hidden and takes no focus: a key would go to the composer.
    await expect(async () => {
      await more.focus();
      await expect(more).toBeFocused({ timeout: 500 });
    }).toPass();
    await page.keyboard.press('Enter');
    await expect(less).toBeVisible();
    await expect(message.locator('[data-reading]')).toHaveCount(0);
    await composer.fill('');
    await expect(composer).toHaveValue('');
    const whole = await page.evaluate(() => window.longest);
    await less.press('Enter');
    test.info().annotations.push({
      type: 'longest task, ms',
      description: `${name}: ${collapsed} collapsed, ${whole} whole`,
    });
  }
});

test('shows a message that is never read as it was written, and reads the next', async ({
  page,
}) => {
  await page.addInitScript(() => {
    window.terminated = 0;
    window.Worker = class extends Worker {
      override postMessage(text: string) {
        if (!text.includes('forever')) super.postMessage(text);
      }
      override terminate() {
        window.terminated += 1;
        super.terminate();
      }
    };
  });
  await open(page, 'empty');
  await emit(page, '**forever**');
  const message = page.getByTestId('message').last();
  await expect(message).toContainText('**forever**');
  await emit(page, '**soon**');
  // What is not read yet is there all the same.
  await expect(message).toContainText('soon');
  await expect(message.locator('strong')).toHaveText('soon');
  await expect(page.getByText('**forever**', { exact: true })).toBeVisible();
  expect(await page.evaluate(() => window.terminated)).toBe(1);
});
