import { chooseFiles } from '$/stores/actions';
import { dialogs } from '$/stores/dialogs.svelte';
import { router } from '$/stores/router.svelte';

import { cycleRegions } from './regions';

/** What the sheet lists; `words` names the catalogue entry. */
export const shortcuts: { keys: string[]; words: string }[] = [
  { keys: ['Ctrl', '1'], words: 'shortcut-chats' },
  { keys: ['Ctrl', '2'], words: 'shortcut-people' },
  { keys: ['Ctrl', '3'], words: 'shortcut-files' },
  { keys: ['Ctrl', ','], words: 'shortcut-settings' },
  { keys: ['Ctrl', 'N'], words: 'shortcut-write' },
  { keys: ['Ctrl', 'Shift', 'U'], words: 'shortcut-send-files' },
  { keys: ['Ctrl', 'Shift', 'D'], words: 'shortcut-details' },
  { keys: ['F6'], words: 'shortcut-regions' },
  { keys: ['Shift', 'F6'], words: 'shortcut-regions-back' },
  { keys: ['↑', '↓'], words: 'shortcut-rows' },
  { keys: ['Alt', '←'], words: 'shortcut-back' },
  { keys: ['↑'], words: 'shortcut-messages' },
  { keys: ['C'], words: 'shortcut-copy' },
  { keys: ['Esc'], words: 'shortcut-escape' },
  { keys: ['Ctrl', '/'], words: 'shortcut-sheet' },
];

/** Reports whether the event was a shortcut and has been handled. */
export function handleShortcut(event: KeyboardEvent): boolean {
  if (dialogs.current !== null) return false;
  if (event.key === 'F6') {
    cycleRegions(event.shiftKey ? -1 : 1);
    return true;
  }
  if (event.altKey && !event.ctrlKey && !event.metaKey) return throughHistory(event.key);
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return false;
  return event.shiftKey ? withShift(event.key.toLowerCase()) : plain(event.key.toLowerCase());
}

function plain(key: string): boolean {
  switch (key) {
    case '1':
      router.go('chats');
      return true;
    case '2':
      router.go('people');
      return true;
    case '3':
      router.go('files');
      return true;
    case ',':
      router.go('settings');
      return true;
    case 'n':
      router.go('chats');
      whenThere('[data-testid="composer"]', (composer) => composer.focus());
      return true;
    case '/':
      dialogs.open({ kind: 'shortcuts' });
      return true;
    default:
      return false;
  }
}

function withShift(key: string): boolean {
  if (key === 'u') {
    void chooseFiles();
    return true;
  }
  if (key === 'd') {
    router.go('chats');
    whenThere('[data-testid="details-toggle"]', (toggle) => toggle.click());
    return true;
  }
  // Shift turns / into another character on many layouts.
  if (key === '/' || key === '?' || key === '7') return plain('/');
  return false;
}

function throughHistory(key: string): boolean {
  if (key === 'ArrowLeft') window.history.back();
  else if (key === 'ArrowRight') window.history.forward();
  else return false;
  return true;
}

/** The view may only just be opening. */
function whenThere(selector: string, act: (element: HTMLElement) => void, frames = 10): void {
  const element = document.querySelector<HTMLElement>(selector);
  if (element) act(element);
  else if (frames > 0) requestAnimationFrame(() => whenThere(selector, act, frames - 1));
}
