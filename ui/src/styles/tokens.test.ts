import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');

function tokens(selector: string): Map<string, string> {
  const block = css.split(`${selector} {`)[1]?.split('\n}')[0] ?? '';
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/gu)].map(([, name, hex]) => [
      name ?? '',
      hex ?? '',
    ]),
  );
}

const light = tokens(':root');
const themes = {
  light,
  dark: new Map([...light, ...tokens(":root[data-theme='dark']")]),
};

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(one: string, other: string): number {
  const [dark = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

const surfaces = ['canvas', 'panel', 'rail', 'raised', 'own', 'soft', 'code'];
const texts = ['t1', 't2', 'accent'];

const pairs: [string, string][] = [
  ...surfaces.flatMap((surface) => texts.map((text): [string, string] => [text, surface])),
  ...['canvas', 'panel', 'rail', 'raised', 'code'].map((s): [string, string] => ['t3', s]),
  ...['ok', 'warn', 'danger', 'relay', 'verified'].flatMap((text): [string, string][] => [
    [text, 'panel'],
    [text, 'canvas'],
    [text, 'raised'],
  ]),
  ['on-solid', 'solid'],
  ['on-solid', 'solid-hover'],
  ['on-solid', 'danger-solid'],
  ['t1', 'warn-soft'],
  ['t1', 'danger-soft'],
  ['warn', 'rail'],
  ['ok', 'ok-soft'],
  ['danger', 'danger-soft'],
  ...['keyword', 'string', 'number', 'title', 'comment'].map((kind): [string, string] => [
    `hl-${kind}`,
    'code',
  ]),
];

describe.each(Object.entries(themes))('%s', (_, theme) => {
  const ratio = (one: string, other: string) =>
    contrast(theme.get(one) ?? '#000000', theme.get(other) ?? '#000000');

  it.each(pairs)('%s can be read on %s', (text, surface) => {
    expect(ratio(text, surface)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['canvas', 'panel', 'raised'])('controls stand out from %s', (surface) => {
    expect(ratio('ctl', surface)).toBeGreaterThanOrEqual(3);
    expect(ratio('accent', surface)).toBeGreaterThanOrEqual(3);
  });
});
