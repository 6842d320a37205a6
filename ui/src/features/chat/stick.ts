/** How close to the end still counts as the end, in pixels. */
const NEAR = 32;

/** A move so soon after a key, a wheel or a finger, in milliseconds, is what was meant by it. */
const MEANT = 600;
const INPUTS = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const;
/** So many frames without a move mean that the rows are where they stay. */
const STILL_FRAMES = 5;
/** Whatever still moves after so many frames is not waited for. */
const MOST_FRAMES = 90;

/**
 * Keeps a scroller at its end while its content grows. The view also moves when rows are measured
 * late, so that a move upwards lets go only when the user meant it or nothing was measured.
 */
export class StickToEnd {
  stuck = true;
  readonly #scroller: HTMLElement;
  readonly #observer: ResizeObserver;
  readonly #onchange: (stuck: boolean) => void;
  #top = 0;
  #height = 0;
  /** Where the view stands says nothing yet: it is on its way to a place of its own. */
  #moving = false;
  #touchedAt = -Infinity;

  constructor(scroller: HTMLElement, content: HTMLElement, onchange: (stuck: boolean) => void) {
    this.#scroller = scroller;
    this.#onchange = onchange;
    this.#observer = new ResizeObserver(() => this.#follow());
    this.#observer.observe(content);
    this.#observer.observe(scroller);
    scroller.addEventListener('scroll', this.#scrolled, { passive: true });
    for (const input of INPUTS) {
      scroller.addEventListener(input, this.#touched, { passive: true, capture: true });
    }
  }

  toEnd(): void {
    this.#moving = false;
    this.#set(true);
    this.#follow();
  }

  /**
   * Goes elsewhere, in as many steps as it takes to measure the rows there. Sticks again if that
   * turns out to be the end.
   */
  async goElsewhere(go: () => void): Promise<void> {
    this.#moving = true;
    this.#set(false);
    go();
    await this.#stillness();
    if (!this.#moving) return;
    this.#moving = false;
    if (this.#gap() <= NEAR) this.#set(true);
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#scroller.removeEventListener('scroll', this.#scrolled);
    for (const input of INPUTS) {
      this.#scroller.removeEventListener(input, this.#touched, { capture: true });
    }
  }

  readonly #touched = ({ timeStamp }: Event) => {
    this.#touchedAt = timeStamp;
  };

  readonly #scrolled = ({ timeStamp }: Event) => {
    const { scrollTop, scrollHeight } = this.#scroller;
    const measured = scrollHeight !== this.#height;
    const meant = timeStamp - this.#touchedAt < MEANT;
    const up = scrollTop < this.#top && (meant || !measured);
    this.#top = scrollTop;
    this.#height = scrollHeight;
    if (this.#moving) return;
    if (this.#gap() <= NEAR) this.#set(true);
    else if (up) this.#set(false);
  };

  #gap(): number {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - clientHeight - scrollTop;
  }

  #follow(): void {
    if (!this.stuck) return;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#top = this.#scroller.scrollTop;
    this.#height = this.#scroller.scrollHeight;
  }

  async #stillness(): Promise<void> {
    let before = '';
    for (let frame = 0, still = 0; frame < MOST_FRAMES && still < STILL_FRAMES; frame += 1) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const { scrollTop, scrollHeight } = this.#scroller;
      const now = `${scrollTop} ${scrollHeight}`;
      still = now === before ? still + 1 : 0;
      before = now;
    }
  }

  #set(stuck: boolean): void {
    if (this.stuck === stuck) return;
    this.stuck = stuck;
    this.#onchange(stuck);
  }
}
