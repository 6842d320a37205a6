import { describe, expect, it } from 'vitest';

import { networkOf, outsideLink, validPort } from './net';

describe('networks', () => {
  it.each([
    ['192.168.1.23', 24, '192.168.1.0/24'],
    ['10.20.7.5', 16, '10.20.0.0/16'],
    ['172.16.37.9', 20, '172.16.32.0/20'],
    ['10.0.0.7', 32, '10.0.0.7/32'],
    ['10.0.0.7', 0, '0.0.0.0/0'],
  ])('finds that of %s/%d', (addr, prefix, network) => {
    expect(networkOf(addr, prefix)).toBe(network);
  });

  it('leaves what is no IPv4 address alone', () => {
    expect(networkOf('fe80::1', 64)).toBe('fe80::1');
  });
});

it('takes ports that a user may open and that leave room for discovery above', () => {
  expect([1023, 1024, 65534, 65535, 1.5, Number.NaN].map(validPort)).toEqual([
    false,
    true,
    true,
    false,
    false,
    false,
  ]);
});

it('opens web and mail links outside and nothing else', () => {
  expect(outsideLink('https://example.org/a')?.host).toBe('example.org');
  expect(outsideLink('mailto:ana@example.org')?.protocol).toBe('mailto:');
  for (const href of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'data:text/html,x',
    'nonsense',
  ]) {
    expect(outsideLink(href), href).toBeNull();
  }
});
