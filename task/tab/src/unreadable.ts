// What could not be read, and what is not there: the reasons why a gate fails although no PAT has ended.

import type { Overview, Unreadable } from "patkeeper-web";
import { type Child, el, folded } from "./dom";
import { sign } from "./tone";
import { number } from "./text";

/** Shown at once; the rest is folded. */
const FIRST = 5;

/** Users, lists and organizations that nobody could see into. */
export function unreadable(overview: Overview): HTMLElement | undefined {
  const { unreadable: all, unreadableMore: more } = overview;
  if (all.length === 0 && more === 0) {
    return undefined;
  }
  const total = all.length + more;
  const rest = all.slice(FIRST);
  return el(
    "section",
    { class: "panel tone-unknown", "aria-labelledby": "unreadable" },
    el("h2", { id: "unreadable" }, sign("unknown"), total === 1 ? "1 thing could not be read" : `${number(total)} things could not be read`),
    el("p", {}, "Nobody knows what they hold, so the verdict cannot be good: a gate does not pass on what it could not see."),
    el("ul", { class: "cards" }, ...all.slice(0, FIRST).map(card)),
    rest.length > 0 &&
      folded([`${number(rest.length)} more`], {}, () => [
        el("ul", { class: "cards" }, ...rest.map(card)),
        more > 0 && el("p", { class: "quiet" }, `And ${number(more)} more, in the full report.`),
      ]),
    rest.length === 0 && more > 0 && el("p", { class: "quiet" }, `And ${number(more)} more, in the full report.`),
  );
}

function card(entry: Unreadable): HTMLElement {
  return el(
    "li",
    {},
    el("p", { class: "strong" }, el("bdi", {}, entry.what)),
    el("p", {}, entry.message),
    entry.why !== undefined && el("p", {}, el("span", { class: "label" }, "Why: "), entry.why),
    ...waysOut(entry.waysOut),
  );
}

/** What to do next, one or several ways. */
export function waysOut(ways: readonly string[]): readonly Child[] {
  const [only] = ways;
  if (only === undefined) {
    return [];
  }
  if (ways.length === 1) {
    return [el("p", {}, el("span", { class: "label" }, "What to do: "), only)];
  }
  return [el("p", { class: "label" }, "What to do, one of:"), el("ol", { class: "ways" }, ...ways.map((way) => el("li", {}, way)))];
}

/** Patterns that no PAT matched. */
export function missing(overview: Overview): HTMLElement | undefined {
  if (overview.missing.length === 0) {
    return undefined;
  }
  return el(
    "section",
    { class: "panel tone-bad", "aria-labelledby": "missing" },
    el("h2", { id: "missing" }, sign("bad"), overview.missing.length === 1 ? "A PAT is missing" : `${number(overview.missing.length)} patterns match no PAT`),
    el("ul", { class: "plain-list" }, ...overview.missing.map((sentence) => el("li", {}, sentence))),
  );
}
