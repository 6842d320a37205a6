import { createRequire } from 'node:module';
import { join } from 'node:path';

import { expect, test as base, type Page } from '@playwright/test';

import type { MockControls } from '../../../ui/src/api/mock';

declare global {
  interface Window {
    gossamerMock: MockControls;
    axe: typeof import('axe-core');
  }
}

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const artifacts = join(import.meta.dirname, '../../../artifacts/browser');

/** The afternoon on which every scenario plays. */
const NOW = new Date('2026-11-22T14:06:00+01:00');

export { expect };

/** Every page fails its test when it logs an error or throws. */
export const test = base.extend({
  page: async ({ page }, use) => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (line) => {
      if (line.type() === 'error') problems.push(line.text());
    });
    await use(page);
    expect(problems).toEqual([]);
  },
});

export async function open(page: Page, scenario: string, route = ''): Promise<void> {
  await page.clock.setFixedTime(NOW);
  await page.goto(`/?scenario=${scenario}#/${route}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
}

/** Automatic rules only; what they cannot see is in the tests of behaviour. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((each) => each.finished.catch(() => undefined))),
  );
  await page.addScriptTag({ path: axeFile });
  const violations = await page.evaluate(async () => {
    const result = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    // Code in a message that is not the active one is reached through it, as keyboard.once.test.ts
    // shows: arrows lead to the message, and Tab from there to its code.
    const inRow = '[role=feed] article[tabindex="-1"] *';
    const isReached = (id: string, target: unknown) =>
      id === 'scrollable-region-focusable' &&
      document.querySelector(String(target))?.matches(inRow) === true;
    return result.violations
      .map(({ id, nodes }) => ({ id, nodes: nodes.filter(({ target }) => !isReached(id, target)) }))
      .filter(({ nodes }) => nodes.length > 0)
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
  expect(violations).toEqual([]);
}

/** Words that are cut short keep at least this much, in pixels, so that a reader can tell them apart. */
const LEGIBLE = 88;

/** Nothing is cut off sideways or cut too short, and the page itself never scrolls. */
export async function expectFits(page: Page): Promise<void> {
  const overflow = await page.evaluate((legible) => {
    const root = document.documentElement;
    const wide = [
      ...document.querySelectorAll<HTMLElement>('main *, nav *, footer *, [role=dialog] *'),
    ]
      .filter((element) => getComputedStyle(element).overflowX !== 'visible')
      .filter(
        (element) => !element.closest('pre, .ellipsis, .visually-hidden, .rates, textarea, input'),
      )
      .filter((element) => element.scrollWidth > element.clientWidth + 1);
    const short = [...document.querySelectorAll<HTMLElement>('.ellipsis')]
      .filter((element) => element.checkVisibility())
      .filter((element) => element.clientWidth < Math.min(legible, element.scrollWidth));
    return {
      page: root.scrollWidth > root.clientWidth || root.scrollHeight > root.clientHeight,
      elements: wide.map(({ tagName, className }) => `${tagName}.${className}`),
      short: short.map(
        ({ textContent, clientWidth, scrollWidth }) =>
          `${textContent.trim()}: ${clientWidth} of ${scrollWidth}`,
      ),
    };
  }, LEGIBLE);
  expect(overflow).toEqual({ page: false, elements: [], short: [] });
}

export async function screenshot(page: Page, name: string): Promise<void> {
  const project = test.info().project.name;
  await page.screenshot({ path: join(artifacts, `${name}-${project}.png`) });
}
