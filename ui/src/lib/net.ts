/** The network of an IPv4 address: `192.168.1.7`, 24 -> `192.168.1.0/24`. Other texts pass. */
export function networkOf(addr: string, prefix: number): string {
  const parts = addr.split('.').map(Number);
  if (
    parts.length !== 4 ||
    parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)
  ) {
    return addr;
  }
  const kept = parts.map((part, index) => {
    const bits = Math.min(8, Math.max(0, prefix - index * 8));
    return part & (0xff << (8 - bits)) & 0xff;
  });
  return `${kept.join('.')}/${prefix}`;
}

export const MIN_PORT = 1024;
export const MAX_PORT = 65534;

export function validPort(port: number): boolean {
  return Number.isInteger(port) && port >= MIN_PORT && port <= MAX_PORT;
}

/** The address in a link that may be opened outside, or null. */
export function outsideLink(href: string): URL | null {
  try {
    const url = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url : null;
  } catch {
    return null;
  }
}
