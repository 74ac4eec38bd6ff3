// What rotations, revocations and audits of this build did or found.

import type { Change, ChangeLine, Overview } from "patkeeper-web";
import { el, folded, foreign } from "./dom";
import { sign } from "./tone";
import { nameOf, number } from "./text";
import { waysOut } from "./unreadable";

/** Lines shown at once. */
const FIRST = 8;

export function changes(overview: Overview): HTMLElement | undefined {
  if (overview.changes.length === 0) {
    return undefined;
  }
  return el(
    "section",
    { class: "section", "aria-labelledby": "changes" },
    el("h2", { id: "changes" }, "What this build changed and found"),
    el("div", { class: "changes" }, ...overview.changes.map(change)),
  );
}

function change(entry: Change): HTMLElement {
  const rest = entry.lines.slice(FIRST);
  return el(
    "article",
    { class: `change tone-${entry.tone}` },
    el(
      "h3",
      {},
      sign(entry.tone, true),
      el("span", {}, entry.task),
      el("time", { class: "quiet", datetime: new Date(entry.at).toISOString() }, entry.atWords),
    ),
    el("p", { class: "change-sentence" }, entry.sentence),
    lines(entry.lines.slice(0, FIRST)),
    rest.length > 0 && folded([`${number(rest.length)} more`], {}, () => [lines(rest)]),
    entry.more > 0 && el("p", { class: "quiet" }, `And ${number(entry.more)} more, in the full report.`),
    ...waysOut(entry.remedies),
  );
}

function lines(all: readonly ChangeLine[]): HTMLElement | undefined {
  if (all.length === 0) {
    return undefined;
  }
  return el(
    "ul",
    { class: "change-lines" },
    ...all.map((line) =>
      el(
        "li",
        {},
        sign(line.tone, true),
        el("div", {}, foreign(nameOf(line.subject), { class: "strong name" }), el("span", { class: "quiet-words" }, line.words)),
      ),
    ),
  );
}
