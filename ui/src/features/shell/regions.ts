import type { Attachment } from 'svelte/attachments';

/** What Tab stops at. Of a group of radio buttons that is the one in use. */
const stop =
  ':is(a[href], button:not(:disabled), textarea, input:not([type="radio"]:not(:checked)), ' +
  '[tabindex="0"]):not([tabindex="-1"])';

/** Moves into the next part of the window, or the one before: parts come in the order of the document. */
export function cycleRegions(step: 1 | -1): void {
  const shown = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(isShown);
  const regions = step === 1 ? shown : shown.reverse();
  const from = document.activeElement ?? document.body;
  const beyond = step === 1 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  // What has the focus may be in no region, such as a banner between two.
  const next = regions.find(
    (region) => !region.contains(from) && (from.compareDocumentPosition(region) & beyond) !== 0,
  );
  const region = next ?? regions[0];
  if (region) enter(region);
}

/** Writing comes first where there is something to write in. */
function enter(region: HTMLElement): void {
  const stops = [...region.querySelectorAll<HTMLElement>(stop)].filter(isShown);
  const first = stops.find(({ tagName }) => tagName === 'TEXTAREA') ?? stops[0];
  (first ?? region).focus();
}

function isShown(element: HTMLElement): boolean {
  return element.getClientRects().length > 0;
}

/**
 * When what has the focus goes, such as the button of an offer that was answered, its row or region
 * takes it over: keys go on from there, and not from the top of the window.
 */
export const keepFocus: Attachment<HTMLElement> = (shell) => {
  let last: Element | null = null;
  let around: HTMLElement[] = [];

  function came({ target }: FocusEvent) {
    if (!(target instanceof Element)) return;
    last = target;
    around = [];
    let place = target.parentElement?.closest<HTMLElement>('[tabindex]');
    while (place) {
      around.push(place);
      place = place.parentElement?.closest<HTMLElement>('[tabindex]');
    }
  }

  /** Somebody who clicks beside everything wants the focus nowhere. */
  function left() {
    queueMicrotask(() => {
      const nowhere = document.hasFocus() && document.activeElement === document.body;
      if (nowhere && last?.isConnected) last = null;
    });
  }

  const observer = new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    const rest = around.find((place) => place.isConnected);
    (rest ?? shell.querySelector<HTMLElement>('[data-region="header"]'))?.focus();
  });
  observer.observe(shell, { childList: true, subtree: true });
  shell.addEventListener('focusin', came);
  shell.addEventListener('focusout', left);
  return () => {
    observer.disconnect();
    shell.removeEventListener('focusin', came);
    shell.removeEventListener('focusout', left);
  };
};
