// How many PATs were healthy, due and dead in the builds before this one.

import type { Trend as Came, TrendPoint } from "patkeeper-web";
import { el, fill, folded, foreign, svg } from "./dom";
import type { Earlier } from "./history";
import { sign } from "./tone";
import { counted, nameOf, number, sentenceOf } from "./text";

const HEIGHT = 120;
const BAR = 26;
const GAP = 8;
/** Room over the bars for the sign of what could not be read, and under them for the dates. */
const OVER = 18;
const UNDER = 22;

export interface Trend {
  readonly section: HTMLElement;
  progress(done: number, of: number): void;
  failed(error: unknown): void;
  /** `now`: what this build came to. */
  draw(builds: readonly Earlier[], now: Came): void;
}

/** The section, which first says that earlier builds are being read: those of one branch, where it is known. */
export function trend(branch: string | undefined): Trend {
  const words = el("p", { class: "quiet", role: "status" }, "Earlier builds are being read.");
  const chart = el("div", { class: "trend-chart" });
  return {
    section: el("section", { class: "section", "aria-labelledby": "trend" }, el("h2", { id: "trend" }, "Earlier builds", branch !== undefined && el("span", { class: "quiet heading-count" }, "of ", foreign(nameOf(branch.replace(/^refs\/heads\//, ""))))), words, chart),
    progress: (done, of) => fill(words, `Earlier builds are being read: ${done} of ${of}.`),
    failed: (error) => fill(words, `Earlier builds could not be read. ${sentenceOf(error)}`),
    draw: (builds, now) => {
      const entries: readonly Earlier[] = [...builds, { label: "this build", ...now }];
      const known = entries.flatMap((entry) => (entry.point ? [entry.point] : []));
      fill(words, sentence(builds, known) + (now.point ? "" : ` This build has no bar: ${now.gap}.`));
      fill(
        chart,
        ...(known.length > 1 || builds.length > 0 ? [el("div", { class: "trend-scroll", role: "group", "aria-label": "Chart of earlier builds", tabindex: 0 }, draw(entries)), legend(), folded(["The same as a table"], { class: "quiet-fold" }, () => [asTable(entries)])] : []),
      );
    },
  };
}

function sentence(builds: readonly Earlier[], known: readonly TrendPoint[]): string {
  if (builds.length === 0) {
    return "No earlier completed build is there to compare with.";
  }
  const gaps = builds.filter((build) => build.point === undefined).length;
  const tail = gaps > 0 ? ` ${counted(gaps, "build has", "builds have")} no numbers: see the table.` : "";
  const from = known[0];
  const to = known.at(-1);
  if (!from || !to || known.length < 2) {
    return `There is nothing to compare with yet.${tail}`;
  }
  const change = (a: number, b: number): string => (a === b ? `${number(a)}, unchanged` : `${number(a)} → ${number(b)}`);
  return `Since ${from.atWords}: dead ${change(from.dead, to.dead)}; due ${change(from.due, to.due)}; healthy ${change(from.healthy, to.healthy)}.${tail}`;
}

function draw(entries: readonly Earlier[]): SVGSVGElement {
  const most = Math.max(1, ...entries.map(({ point }) => (point ? point.healthy + point.due + point.dead : 0)));
  const width = entries.length * (BAR + GAP) + GAP;
  const base = OVER + HEIGHT;
  const bars = entries.map((entry, i) => bar(entry, GAP + i * (BAR + GAP), base, most));
  return svg(
    "svg",
    { class: "trend", width, height: base + UNDER, viewBox: `0 0 ${width} ${base + UNDER}`, role: "img", "aria-label": "Stacked bars of dead, due and healthy PATs, a bar a build, oldest first. The table below says the same." },
    svg("line", { class: "axis-line", x1: 0, x2: width, y1: base + 0.5, y2: base + 0.5 }),
    ...bars,
    ...dates(entries, base),
  );
}

function bar({ label, point, gap }: Earlier, x: number, base: number, most: number): SVGGElement {
  if (!point) {
    return svg("g", { class: "gap" }, svg("title", {}, `${label}: ${gap}`), svg("rect", { x, y: base - 24, width: BAR, height: 24 }), svg("text", { x: x + BAR / 2, y: base - 8, "text-anchor": "middle" }, "–"));
  }
  const group = svg("g", {}, svg("title", {}, `${label}, ${said(point)}`));
  let y = base;
  const parts = [
    ["dead", point.dead],
    ["due", point.due],
    ["healthy", point.healthy],
  ] as const;
  for (const [kind, count] of parts) {
    if (count > 0) {
      // Even a single dead PAT among thousands is to be seen.
      const height = Math.max(2, (count / most) * HEIGHT);
      y -= height;
      group.append(svg("rect", { class: `trend-${kind}`, x, y, width: BAR, height: Math.max(1, height - 1) }));
    }
  }
  if (point.unreadable > 0) {
    group.append(svg("text", { class: "trend-unreadable", x: x + BAR / 2, y: Math.max(12, y - 5), "text-anchor": "middle" }, "?"));
  }
  return group;
}

/** Month and day under every bar that has the room. */
function dates(entries: readonly Earlier[], base: number): readonly SVGTextElement[] {
  return entries.flatMap(({ point }, i) => {
    const x = GAP + i * (BAR + GAP) + BAR / 2;
    return point ? [svg("text", { class: "trend-date", x, y: base + 15, "text-anchor": "middle" }, point.atWords.slice(5))] : [];
  });
}

function legend(): HTMLElement {
  const entry = (kind: string, words: string): HTMLElement => el("li", {}, el("span", { class: `swatch trend-${kind}`, "aria-hidden": "true" }), words);
  return el("ul", { class: "legend" }, entry("healthy", "healthy"), entry("due", "due: warning or critical"), entry("dead", "dead: ended or missing"), entry("unread", "? could not read everything"));
}

function asTable(entries: readonly Earlier[]): HTMLElement {
  const heads = ["Build", "Day", "Verdict", "Healthy", "Due", "Dead", "Unreadable"];
  return el(
    "div",
    { class: "table-scroll" },
    el(
      "table",
      { class: "numbers" },
      el("caption", { class: "for-ears" }, "PATs by build, oldest first"),
      el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
      el(
        "tbody",
        {},
        ...entries.map(({ label, point, gap }) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, label),
            ...(point
              ? [el("td", {}, point.atWords), el("td", {}, sign(point.tone), " ", point.verdict), ...[point.healthy, point.due, point.dead, point.unreadable].map((n) => el("td", {}, number(n)))]
              : [el("td", { colspan: heads.length - 1, class: "quiet" }, gap)]),
          ),
        ),
      ),
    ),
  );
}

function said(point: TrendPoint): string {
  const unread = point.unreadable > 0 ? `, ${number(point.unreadable)} unreadable` : "";
  return `${point.atWords}: ${point.verdict}. ${number(point.dead)} dead, ${number(point.due)} due, ${number(point.healthy)} healthy${unread}`;
}
