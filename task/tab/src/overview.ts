// The top of the page, for who looks for ten seconds: how it stands, as of when, for which organizations, how many.

import type { Count, DocumentEntry, Overview } from "patkeeper-web";
import { button, el, fill, folded, foreign } from "./dom";
import { sign, worse } from "./tone";
import { counted, number } from "./text";
import type { View } from "./view";

/** A document that this build has, and that could not be fetched. */
export interface Missed {
  /** What it is called. */
  readonly name: string;
  /** What happened, and what to do. */
  readonly words: string;
}

/** What the page says first. Always the steps' own verdict, also while other thresholds are tried. */
export function headline(overview: Overview, running: boolean): HTMLElement {
  const tone = running ? worse(overview.tone, "notice") : overview.tone;
  return el(
    "header",
    { class: `verdict tone-${tone}` },
    el("div", { class: "verdict-sign" }, sign(tone, true)),
    el(
      "div",
      { class: "verdict-words" },
      el("h1", {}, overview.headline),
      overview.since !== undefined && el("p", { class: "verdict-rest" }, overview.since),
      overview.verdict !== undefined && el("p", { class: "verdict-sentence" }, overview.verdict),
      asOf(overview),
    ),
  );
}

function asOf(overview: Overview): HTMLElement {
  const line = el("p", { class: "quiet as-of" });
  if (overview.asOf > 0) {
    line.append(el("span", {}, "As of ", el("time", { datetime: new Date(overview.asOf).toISOString() }, overview.asOfWords)));
  }
  if (overview.organizations.length > 0) {
    const names = el("span", { class: "organizations" });
    overview.organizations.forEach((name, i) => names.append(i > 0 ? ", " : "", foreign(name)));
    line.append(names);
  }
  return line;
}

/** Said while steps may still leave something. */
export function unfinished(again: () => void): HTMLElement {
  return el(
    "section",
    { class: "panel banner tone-notice", "aria-labelledby": "unfinished" },
    el("h2", { id: "unfinished" }, sign("notice"), "This build is still running"),
    el("p", {}, "What its steps have left so far is below. What steps that have not ended yet will find or do is not on this page."),
    button({ class: "push" }, again, "Look again"),
  );
}

/** How a document stands that is not part of the page. */
const UNREAD: ReadonlySet<DocumentEntry["state"]> = new Set(["missed", "broken", "tooNew", "tooOld"]);

/** Documents that are not part of the page, and why. */
export function incomplete(documents: readonly DocumentEntry[]): HTMLElement | undefined {
  const all = documents.filter((d) => UNREAD.has(d.state));
  if (all.length === 0) {
    return undefined;
  }
  return el(
    "section",
    { class: "panel banner tone-unknown", "aria-labelledby": "incomplete" },
    el("h2", { id: "incomplete" }, sign("unknown"), all.length === 1 ? "A document is missing from this page" : `${number(all.length)} documents are missing from this page`),
    el("p", {}, "Do not take what is shown for the whole."),
    documentList(all),
  );
}

/** Documents listed at once. */
const FIRST = 10;

/** Documents by name, each with what is to be said of it. */
export function documentList(all: readonly Missed[]): HTMLElement {
  const list = (some: readonly Missed[]): HTMLElement => el("ul", { class: "plain-list" }, ...some.map((d) => el("li", {}, foreign(d.name, { class: "strong" }), ": ", d.words)));
  const rest = all.slice(FIRST);
  return el("div", {}, list(all.slice(0, FIRST)), rest.length > 0 && folded([`${number(rest.length)} more`], {}, () => [list(rest)]));
}

/** One chip a status: how many, and a press shows only those. */
export function chips(view: View): HTMLElement {
  const bar = el("div", { class: "chips", role: "group", "aria-label": "PATs by status; press to show only those" });
  const note = el("p", { class: "what-if-note" });
  const draw = (): void => {
    const { overview } = view;
    fill(bar, ...overview.counts.map((count) => chip(view, count)));
    const { warningDays, criticalDays } = overview.thresholds;
    fill(
      note,
      view.whatIf && `What if: warning at ${warningDays} days, critical at ${criticalDays}. Not the verdict.`,
      !view.whatIf && overview.since !== undefined && `Counts and table: as judged, ${overview.asOfWords}.`,
    );
  };
  const press = (): void => {
    for (const pressed of bar.querySelectorAll<HTMLElement>("button")) {
      pressed.setAttribute("aria-pressed", String(view.query.statuses.includes(pressed.dataset["status"] ?? "")));
    }
  };
  draw();
  view.onJudged(draw);
  view.onAsked(press);
  return el("div", { class: "chip-bar" }, bar, note);
}

function chip(view: View, count: Count): HTMLButtonElement {
  return button(
    {
      class: `chip tone-${count.tone}`,
      "aria-pressed": String(view.query.statuses.includes(count.id)),
      "data-status": count.id,
      disabled: count.count === 0 && !view.query.statuses.includes(count.id),
    },
    () => view.toggleStatus(count.id),
    sign(count.tone),
    el("span", { class: "chip-count" }, number(count.count)),
    " ",
    el("span", { class: "chip-label" }, count.label),
  );
}

/** Notes of the documents, and what each of them is. */
export function notes(overview: Overview, remarks: readonly string[]): HTMLElement | undefined {
  const all = [...remarks, ...overview.notes];
  const given = overview.documents.filter((d) => d.state !== "missed");
  if (all.length + overview.documents.length === 0) {
    return undefined;
  }
  return el(
    "section",
    { class: "section", "aria-labelledby": "notes" },
    el("h2", { id: "notes" }, "Notes"),
    all.length > 0 && el("ul", { class: "plain-list notes" }, ...all.map((n) => el("li", {}, n))),
    el("p", { class: "quiet" }, `This page was drawn from ${counted(given.length, "document", "documents")}:`),
    el("ul", { class: "plain-list quiet" }, ...given.map((d) => el("li", {}, foreign(d.name), ": ", d.words))),
  );
}
