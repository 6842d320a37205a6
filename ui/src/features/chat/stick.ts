/** How close to the end still counts as the end, in pixels. */
const NEAR = 32;

/**
 * Keeps a scroller at its end while its content grows. Web views without scroll anchoring move
 * the view when rows are measured late, so only a move upwards by the user lets go.
 */
export class StickToEnd {
  stuck = true;
  readonly #scroller: HTMLElement;
  readonly #observer: ResizeObserver;
  readonly #onchange: (stuck: boolean) => void;
  #top = 0;
  #height = 0;

  constructor(scroller: HTMLElement, content: HTMLElement, onchange: (stuck: boolean) => void) {
    this.#scroller = scroller;
    this.#onchange = onchange;
    this.#observer = new ResizeObserver(() => this.#follow());
    this.#observer.observe(content);
    this.#observer.observe(scroller);
    scroller.addEventListener('scroll', this.#scrolled, { passive: true });
  }

  toEnd(): void {
    this.#set(true);
    this.#follow();
  }

  letGo(): void {
    this.#set(false);
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#scroller.removeEventListener('scroll', this.#scrolled);
  }

  readonly #scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const up = scrollTop < this.#top && scrollHeight >= this.#height;
    const gap = scrollHeight - clientHeight - scrollTop;
    this.#top = scrollTop;
    this.#height = scrollHeight;
    if (gap <= NEAR) this.#set(true);
    else if (up) this.#set(false);
  };

  #follow(): void {
    if (!this.stuck) return;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#top = this.#scroller.scrollTop;
    this.#height = this.#scroller.scrollHeight;
  }

  #set(stuck: boolean): void {
    if (this.stuck === stuck) return;
    this.stuck = stuck;
    this.#onchange(stuck);
  }
}
