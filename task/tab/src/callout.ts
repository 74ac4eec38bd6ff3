// A note that floats over a chart, for the pointer and the keyboard. What it says is also said to screen readers, by
// the label of whatever it belongs to.

import { el, fill } from "./dom";

/** Widest, in pixels. */
const WIDTH = 320;

export class Callout {
  readonly #box = el("div", { class: "callout", "aria-hidden": "true", hidden: true });

  /** `frame` has to be positioned. */
  constructor(readonly frame: HTMLElement) {
    frame.append(this.#box);
  }

  /** At `x` of a chart that is `width` wide and may be scrolled inside the frame. */
  show(x: number, width: number, content: readonly Node[]): void {
    fill(this.#box, ...content);
    this.#box.hidden = false;
    const scroller = this.frame.firstElementChild;
    const room = this.frame.clientWidth;
    const at = x - (scroller?.scrollLeft ?? 0);
    const own = Math.min(WIDTH, room);
    const right = x > width / 2;
    const left = Math.max(0, Math.min(room - own, right ? at - own - 14 : at + 14));
    this.#box.style.setProperty("--left", `${Math.round(left)}px`);
    this.#box.style.setProperty("--width", `${Math.round(own)}px`);
  }

  hide(): void {
    this.#box.hidden = true;
  }
}
