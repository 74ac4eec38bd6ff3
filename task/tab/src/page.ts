// The page of a build: puts its parts in order, and draws first what is looked at first.

import type { Health, Overview } from "patkeeper-web";
import { changes } from "./changes";
import { el, fill } from "./dom";
import { findingsByRow } from "./details";
import { findings } from "./findings";
import { chips, headline, incomplete, notes, unfinished } from "./overview";
import { table } from "./table";
import { timeline } from "./timeline";
import { missing, unreadable } from "./unreadable";
import { View } from "./view";
import { whatIf } from "./whatif";

/** Name of the mark at which data begin to be read, and of the measure from there to the first paint. */
const STARTED = "patkeeper:start";
const FIRST_PAINT = "patkeeper:first-paint";

/** Marks the moment from which the first paint is measured. */
export function started(): void {
  performance.mark(STARTED);
}

/** What the page shows beside what the rules say. */
export interface Beside {
  /** Notes that are not the documents' own. */
  readonly remarks?: readonly string[];
  /** Looks once more; given while the build is running. */
  readonly again?: (() => void) | undefined;
  /** Shown before the notes. */
  readonly last?: HTMLElement;
}

/** Draws the page into `root`: what is looked at first at once, the rest after a frame. Resolves when all is there. */
export async function showPage(root: HTMLElement, health: Health, { remarks = [], again, last }: Beside = {}): Promise<void> {
  const overview = health.overview();
  const judged = overview.verdict !== undefined;
  const top = [
    again && unfinished(again),
    incomplete(overview.documents),
    missing(overview),
    unreadable(overview),
  ];
  const rest = judged ? judgedParts(health, overview, last) : undefined;
  const tail = el("div", { class: "tail" });
  fill(root, headline(overview, again !== undefined), rest?.chips, ...top, ...(rest?.first ?? [unjudged(overview)]), tail);
  root.removeAttribute("aria-busy");
  await frame();
  performance.mark(FIRST_PAINT);
  performance.measure(FIRST_PAINT, STARTED, FIRST_PAINT);
  rest?.draw();
  fill(tail, ...(rest?.later() ?? []), changes(overview), judged && last, notes(overview, remarks));
}

interface JudgedParts {
  readonly chips: HTMLElement;
  /** Drawn at once. */
  readonly first: readonly HTMLElement[];
  /** Fills what has its place among the first. */
  draw(): void;
  /** Drawn below. */
  later(): readonly (HTMLElement | undefined)[];
}

function judgedParts(health: Health, overview: Overview, last: HTMLElement | undefined): JudgedParts {
  const view = new View(health, overview);
  const pats = table(view, findingsByRow(health));
  const ahead = el("div", { class: "ahead" });
  last?.classList.add("section");
  return {
    chips: chips(view),
    first: [ahead, pats.section],
    draw: () => {
      pats.complete();
      if (view.empty) {
        ahead.remove();
      } else {
        fill(ahead, timeline(view, pats.show), whatIf(view));
      }
    },
    later: () => [findings(view, pats.show)],
  };
}

/** What is said in place of PATs where no PatMonitor ran. */
function unjudged(overview: Overview): HTMLElement {
  const read = overview.documents.some((d) => d.state === "read" || d.state === "folded");
  return el("p", { class: "quiet unjudged" }, read ? "No PatMonitor step left a report here, so there is no list of PATs." : "There is nothing more to show.");
}

/** Resolves once a frame with everything so far has been painted. */
function frame(): Promise<void> {
  return new Promise((resolve) => {
    // A page in the background gets no frames, and still has to be complete when it is looked at.
    if (document.visibilityState === "hidden") {
      setTimeout(resolve);
      return;
    }
    requestAnimationFrame(() => setTimeout(resolve));
  });
}
