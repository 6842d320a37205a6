import { recall, remember } from '$/lib/storage';

export type Theme = 'system' | 'light' | 'dark';
export const textScales = [85, 100, 115, 130, 150] as const;

const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** Theme and text size, remembered for this window. */
class Appearance {
  theme = $state<Theme>(initialTheme());
  textScale = $state<number>(Number(recall('text-scale')) || 100);

  constructor() {
    dark.addEventListener('change', () => this.apply());
    this.apply();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    remember('theme', theme);
    this.apply();
  }

  setTextScale(percent: number): void {
    this.textScale = percent;
    remember('text-scale', String(percent));
    this.apply();
  }

  apply(): void {
    const isDark = this.theme === 'dark' || (this.theme === 'system' && dark.matches);
    const root = document.documentElement;
    root.dataset['theme'] = isDark ? 'dark' : 'light';
    root.style.fontSize = this.textScale === 100 ? '' : `${(16 * this.textScale) / 100}px`;
  }
}

function initialTheme(): Theme {
  const asked = new URLSearchParams(window.location.search).get('theme') ?? recall('theme');
  return asked === 'light' || asked === 'dark' ? asked : 'system';
}

export const appearance = new Appearance();
