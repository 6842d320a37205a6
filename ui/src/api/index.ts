import type { Host } from './host';

export * from './host';

/** The host this page runs in: the desktop shell, or a simulated one in a plain browser. */
export async function connectHost(): Promise<Host> {
  if ('__TAURI_INTERNALS__' in window) {
    const { TauriHost } = await import('./tauri');
    return new TauriHost();
  }
  const { MockHost } = await import('./mock');
  return MockHost.fromLocation(window.location);
}
