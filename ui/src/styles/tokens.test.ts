import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { TONES } from '$/lib/names';

import { contrast, fromHex, fromOklch } from './contrast';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');

function tokens(selector: string): Map<string, string> {
  const block = css.split(`${selector} {`)[1]?.split('\n}')[0] ?? '';
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6}|[\d.]+ [\d.]+);/gu)].map(([, name, value]) => [
      name ?? '',
      value ?? '',
    ]),
  );
}

const light = tokens(':root');
const themes = {
  light,
  dark: new Map([...light, ...tokens(":root[data-theme='dark']")]),
};

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
    contrast(fromHex(theme.get(one) ?? '#000000'), fromHex(theme.get(other) ?? '#000000'));

  it.each(pairs)('%s can be read on %s', (text, surface) => {
    expect(ratio(text, surface)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(Array.from({ length: TONES }, (_, tone) => tone))(
    'initials can be read on avatars of tone %i, whatever their hue',
    (tone) => {
      const colour = (name: string, hue: number) => {
        const [lightness = 0, chroma = 0] = (theme.get(`avatar-${name}-${tone}`) ?? '')
          .split(' ')
          .map(Number);
        return fromOklch(lightness, chroma, hue);
      };
      const ratios = Array.from({ length: 360 }, (_, hue) =>
        contrast(colour('ink', hue), colour('ground', hue)),
      );
      expect(Math.min(...ratios)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it.each(['canvas', 'panel', 'raised'])('controls stand out from %s', (surface) => {
    expect(ratio('ctl', surface)).toBeGreaterThanOrEqual(3);
    expect(ratio('accent', surface)).toBeGreaterThanOrEqual(3);
  });
});
