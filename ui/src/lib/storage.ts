/** Small preferences of this window. A web view without storage simply forgets them. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`gossamer.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`gossamer.${key}`);
    else localStorage.setItem(`gossamer.${key}`, value);
  } catch {
    // Nothing depends on it.
  }
}
