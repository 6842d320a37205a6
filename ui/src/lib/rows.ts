import type { Attachment } from 'svelte/attachments';

/** What can be used in a row. */
const controls = 'a[href], button, input, [tabindex]';

/**
 * In a row that arrow keys reach, Tab stops at what can be used only while the row is the `active`
 * one: else it would stop hundreds of times in a long list.
 */
export function tabStops(active: boolean): Attachment<HTMLElement> {
  return (row) => watch(row, () => setStops(row, active));
}

/**
 * A list of rows in which something can be used. Tab reaches one of them, and up and down go from
 * there to the others.
 */
export function rows(selector: string): Attachment<HTMLElement> {
  return (list) => {
    let active: HTMLElement | null = null;
    let place = 0;

    const all = () =>
      [...list.querySelectorAll<HTMLElement>(selector)].filter((row) => enabled(row).length > 0);

    function set() {
      const found = all();
      if (!active || !found.includes(active)) {
        active = found[Math.min(place, found.length - 1)] ?? null;
      }
      place = active ? found.indexOf(active) : 0;
      for (const row of list.querySelectorAll<HTMLElement>(selector)) {
        setStops(row, row === active);
      }
    }

    function focusin({ target }: FocusEvent) {
      active = rowOf(target) ?? active;
      set();
    }

    function keydown(event: KeyboardEvent) {
      const row = rowOf(event.target);
      if (!row || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const found = all();
      const at = found.indexOf(row);
      const moves: Record<string, number> = {
        ArrowUp: at - 1,
        ArrowDown: at + 1,
        Home: 0,
        End: found.length - 1,
      };
      const to = moves[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const column = enabled(row).findIndex((control) => control === event.target);
      const next = found[to];
      if (next)
        enabled(next)
          .at(Math.min(column, enabled(next).length - 1))
          ?.focus();
    }

    const rowOf = (target: EventTarget | null) =>
      target instanceof Element ? target.closest<HTMLElement>(selector) : null;

    list.addEventListener('focusin', focusin);
    list.addEventListener('keydown', keydown);
    const unwatch = watch(list, set);
    return () => {
      unwatch();
      list.removeEventListener('focusin', focusin);
      list.removeEventListener('keydown', keydown);
    };
  };
}

function setStops(row: HTMLElement, active: boolean): void {
  for (const control of row.querySelectorAll<HTMLElement>(controls)) {
    control.tabIndex = active ? 0 : -1;
  }
}

function enabled(row: HTMLElement): HTMLElement[] {
  return [...row.querySelectorAll<HTMLElement>(controls)].filter(
    (control) => !control.matches(':disabled'),
  );
}

/** Now, and whenever something comes into `element` or goes. */
function watch(element: HTMLElement, changed: () => void): () => void {
  changed();
  const observer = new MutationObserver(changed);
  observer.observe(element, { childList: true, subtree: true });
  return () => observer.disconnect();
}
