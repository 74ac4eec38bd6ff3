// How something stands, as shape, color and word: none of them is ever alone.

import type { Tone } from "patkeeper-web";
import { svg } from "./dom";

interface Sign {
  /** The outline. */
  readonly shape: string;
  /** What is drawn on it. */
  readonly glyph: string;
  /** For who does not see it. */
  readonly word: string;
}

const CROSS = "M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8";
const BANG = "M8 4.6v4M8 11v.4";

const SIGNS: Readonly<Record<Tone, Sign>> = {
  good: { shape: "M8 1a7 7 0 1 1 0 14a7 7 0 1 1 0-14z", glyph: "M4.8 8.3l2.2 2.2l4.2-4.6", word: "Fine" },
  notice: { shape: "M8 1a7 7 0 1 1 0 14a7 7 0 1 1 0-14z", glyph: "M8 7.4v4M8 4.6v.4", word: "Notice" },
  warning: { shape: "M8 1.2l7.3 13.3h-14.6z", glyph: "M8 6v4M8 12.2v.3", word: "Warning" },
  critical: { shape: "M8 .4l7.6 7.6l-7.6 7.6l-7.6-7.6z", glyph: BANG, word: "Critical" },
  bad: { shape: "M5 1h6l4 4v6l-4 4h-6l-4-4v-6z", glyph: CROSS, word: "Ended or failed" },
  unknown: {
    shape: "M3.5 1h9a2.5 2.5 0 0 1 2.5 2.5v9a2.5 2.5 0 0 1-2.5 2.5h-9a2.5 2.5 0 0 1-2.5-2.5v-9a2.5 2.5 0 0 1 2.5-2.5z",
    glyph: "M5.9 6.2a2.1 2.1 0 1 1 3 1.9c-.6.3-.9.7-.9 1.4M8 11.6v.3",
    word: "Not known",
  },
};

const drawn = new Map<Tone, SVGSVGElement>();

/** The sign of a tone. Without a word, it is for the eye only: then text beside it says the same. */
export function sign(tone: Tone, spoken = false): SVGSVGElement {
  let master = drawn.get(tone);
  if (!master) {
    const { shape, glyph } = SIGNS[tone];
    master = svg(
      "svg",
      { class: `sign tone-${tone}`, viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
      svg("path", { class: "sign-shape", d: shape }),
      svg("path", { class: "sign-glyph", d: glyph }),
    );
    drawn.set(tone, master);
  }
  const copy = master.cloneNode(true) as SVGSVGElement;
  if (spoken) {
    copy.removeAttribute("aria-hidden");
    copy.setAttribute("role", "img");
    copy.setAttribute("aria-label", SIGNS[tone].word);
  }
  return copy;
}

const ORDER: readonly Tone[] = ["good", "notice", "warning", "critical", "bad", "unknown"];

/** The worse of two. */
export function worse(a: Tone, b: Tone): Tone {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}
