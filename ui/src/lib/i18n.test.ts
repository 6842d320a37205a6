import { expect, it } from 'vitest';

import { isolated, t } from './i18n';

const FSI = '\u2068';
const PDI = '\u2069';

it('keeps a name from right to left from turning the words around it', () => {
  expect(t('happening-arrived', { name: 'דנה' })).toBe(`${FSI}דנה${PDI} is here`);
  expect(t('list-line', { name: 'ana', text: 'شكرا 123' })).toBe(`ana: ${FSI}شكرا 123${PDI}`);
});

it('keeps a file name from hiding its end with an override', () => {
  const name = 'photo\u202egpj.exe';
  expect(t('transfer-accept-name', { name })).toBe(`Accept ${FSI}${name}${PDI}`);
});

it('lets nobody close the isolation from within', () => {
  expect(isolated(`אב${PDI}${PDI}\u202eab`)).toBe(`${FSI}אב\u202eab${PDI}`);
});

it('leaves everything else as it is', () => {
  for (const text of ['ben', 'Zoë 👩‍🚀', '東京', '🏳️‍🌈', '1️⃣', '']) expect(isolated(text)).toBe(text);
  expect(t('people-here', { n: 3 })).toBe('3 others here');
});
