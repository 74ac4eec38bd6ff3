// The coming 90 days: a column of dots for each day on which PATs end. Hover and focus say which; a press shows the
// day's PATs in the table.

import type { Day, Mark, Timeline } from "patkeeper-web";
import { el, fill, folded, foreign, svg } from "./dom";
import { Callout } from "./callout";
import { type Scale, axis, scaleOf } from "./axis";
import { sign } from "./tone";
import { counted, isoDay, nameOf, number, shortened } from "./text";
import type { View } from "./view";

/** A column holds this many dots; more become a bar with the number. */
const DOTS = 12;
const DAY_MS = 86_400_000;
/** Narrower, days could not be told apart: then the chart scrolls. In pixels. */
const LEAST_WIDTH = 760;

export function timeline(view: View, show: () => void): HTMLElement {
  const chart = el("div", { class: "chart-scroll" });
  const frame = el("div", { class: "chart-frame" }, chart);
  const callout = new Callout(frame);
  const ends = el("p", { class: "chart-ends quiet" });
  const partial = el("p", { class: "partial" });
  const list = el("div", { class: "as-list" });
  let model = view.health.timeline();
  let width = 0;

  const drawChart = (): void => {
    if (width > 0) {
      callout.hide();
      fill(chart, draw(model, width, view, callout, show));
      press();
    }
  };
  const drawWords = (): void => {
    fill(
      ends,
      el("span", {}, model.earlier > 0 ? `← ${number(model.earlier)} ended earlier` : "← none ended earlier"),
      el("span", {}, later(model)),
    );
    partial.hidden = model.partial === undefined;
    fill(partial, ...(model.partial === undefined ? [] : [sign("notice"), model.partial]));
    fill(list, folded(["The same as a list"], { class: "quiet-fold" }, () => [asList(model)]));
  };
  const press = (): void => {
    for (const column of chart.querySelectorAll("[data-day]")) {
      column.setAttribute("aria-pressed", String(column.getAttribute("data-day") === view.query.day));
    }
  };
  new ResizeObserver(([entry]) => {
    const now = Math.floor(Math.max(entry?.contentRect.width ?? 0, LEAST_WIDTH));
    if (now !== width) {
      width = now;
      drawChart();
    }
  }).observe(frame);
  view.onAsked(press);
  view.onJudged(() => {
    model = view.health.timeline();
    drawChart();
    drawWords();
  });
  drawWords();
  return el(
    "section",
    { class: "section", "aria-labelledby": "timeline" },
    el("h2", { id: "timeline" }, `The next ${model.days} days`),
    model.ends.length === 0 && model.partial === undefined && el("p", { class: "quiet" }, `No PAT ends before ${isoDay(model.from + model.days * DAY_MS)}.`),
    frame,
    ends,
    partial,
    list,
  );
}

function later(model: Timeline): string {
  if (model.partial !== undefined) {
    return `${model.later > 0 ? `at least ${number(model.later)}` : "more"} end later →`;
  }
  return model.later > 0 ? `${number(model.later)} end later →` : "none end later →";
}

function draw(model: Timeline, width: number, view: View, callout: Callout, show: () => void): SVGSVGElement {
  const scale = scaleOf(model, width);
  const columns = model.ends.filter((day) => day.offset < model.days).map((day) => column(day, scale));
  const group = svg(
    "g",
    { role: "group", "aria-label": "Days on which PATs end. Arrow keys go from day to day, Enter shows a day's PATs in the table." },
    ...columns,
  );
  roving(columns);
  columns.forEach((element, i) => {
    const day = model.ends[i];
    if (day) {
      listen(element, day, scale, callout, () => {
        view.toggleDay(day.date);
        if (view.query.day !== undefined) {
          show();
        }
      });
    }
  });
  return svg(
    "svg",
    { class: "timeline", width, height: scale.height, viewBox: `0 0 ${width} ${scale.height}`, role: "group", "aria-labelledby": "timeline" },
    axis(model, scale),
    ...model.marks.filter((mark) => mark.offset <= model.days).map((mark) => line(mark, isoDay(model.from + mark.offset * DAY_MS), scale)),
    group,
  );
}

function column(day: Day, scale: Scale): SVGGElement {
  const x = scale.x(day.offset);
  const group = svg("g", {
    class: `day tone-${day.tone}`,
    role: "button",
    tabindex: -1,
    "data-day": day.date,
    "aria-pressed": "false",
    "aria-label": spoken(day),
  });
  const top = day.count > DOTS ? scale.bar(day.count) : day.count * scale.step;
  group.append(
    svg("rect", { class: "day-hit", x: x - scale.column / 2, y: 0, width: scale.column, height: scale.base }),
    svg("rect", { class: "day-focus", x: x - scale.dot - 3, y: scale.base - top - 4, width: scale.dot * 2 + 6, height: top + 6, rx: 4 }),
  );
  if (day.count > DOTS) {
    group.append(svg("rect", { class: "bar", x: x - scale.dot, y: scale.base - top, width: scale.dot * 2, height: top, rx: scale.dot / 2 }), inBar(day.count, x, scale));
    return group;
  }
  day.dots.forEach((dot, i) => {
    group.append(
      svg("circle", { class: `dot tone-${dot.tone}`, "data-dot": i, cx: x, cy: scale.base - scale.step * (i + 0.5), r: scale.dot }),
    );
  });
  return group;
}

/** The number that a bar stands for, along it: beside each other, numbers have no room. */
function inBar(count: number, x: number, scale: Scale): SVGTextElement {
  const y = scale.base - scale.bar(count) + 4;
  return svg("text", { class: "bar-number", x, y, transform: `rotate(-90 ${x} ${y})`, "text-anchor": "end", "dominant-baseline": "central" }, number(count));
}

function line(mark: Mark, day: string, scale: Scale): SVGGElement {
  // A day's own column would hide the line, and what ends at its midnight ends where the line stands.
  const x = scale.x(mark.offset) - scale.column / 2;
  const left = x > scale.width * 0.6;
  return svg(
    "g",
    { class: "mark" },
    svg("title", {}, mark.words),
    svg("line", { x1: x, x2: x, y1: 4, y2: scale.base }),
    svg("text", { x: left ? x - 6 : x + 6, y: 13, "text-anchor": left ? "end" : "start" }, `${day}: ${mark.label}`),
  );
}

/** One stop for the tab key; arrow keys go from day to day. */
function roving(columns: readonly SVGGElement[]): void {
  columns[0]?.setAttribute("tabindex", "0");
  columns.forEach((element, i) => {
    element.addEventListener("keydown", (event) => {
      const steps: Readonly<Record<string, number>> = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: columns.length - 1 };
      const to = steps[event.key];
      const next = to === undefined ? undefined : columns[to];
      if (next) {
        event.preventDefault();
        columns.forEach((other) => other.setAttribute("tabindex", other === next ? "0" : "-1"));
        next.focus();
      }
    });
  });
}

function listen(element: SVGGElement, day: Day, scale: Scale, callout: Callout, pressed: () => void): void {
  const at = scale.x(day.offset);
  const tell = (only?: number): void => callout.show(at, scale.width, words(day, only));
  element.addEventListener("pointermove", (event) => {
    const dot = event.target instanceof Element ? event.target.getAttribute("data-dot") : null;
    tell(dot === null ? undefined : Number(dot));
  });
  element.addEventListener("pointerleave", () => callout.hide());
  element.addEventListener("focus", () => tell());
  element.addEventListener("blur", () => callout.hide());
  element.addEventListener("click", pressed);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      pressed();
    } else if (event.key === "Escape") {
      callout.hide();
    }
  });
}

/** What a day's callout says: all its dots, or the one under the pointer. */
function words(day: Day, only: number | undefined): readonly HTMLElement[] {
  const one = only === undefined ? undefined : day.dots[only];
  const shown = one ? [one] : day.dots;
  const more = day.count - shown.length;
  return [
    el("p", { class: "callout-head" }, el("time", { datetime: day.date }, day.date), ` · ${inDays(day.offset)} · ${counted(day.count, "PAT ends", "PATs end")}`),
    el(
      "ul",
      {},
      ...shown.map((dot) =>
        el("li", {}, sign(dot.tone), el("div", {}, foreign(nameOf(dot.name), { class: "strong name" }), ...dot.lines.map((l) => foreign(l, { class: "callout-line" })))),
      ),
    ),
    el("p", { class: "quiet" }, more > 0 ? `And ${number(more)} more. Press to see all in the table.` : "Press to see it in the table."),
  ];
}

function spoken(day: Day): string {
  const names = day.dots.slice(0, 5).map((dot) => [nameOf(dot.name), ...dot.lines].join(", "));
  const more = day.count - names.length;
  return `${day.date}, ${inDays(day.offset)}: ${counted(day.count, "PAT ends", "PATs end")}. ${names.join("; ")}${more > 0 ? `; and ${number(more)} more` : ""}`;
}

function inDays(offset: number): string {
  return offset === 0 ? "today" : `in ${offset} d`;
}

function asList(model: Timeline): HTMLElement {
  const rows = [
    ...model.marks.map((mark) => ({ offset: mark.offset, item: el("li", {}, el("span", { class: "strong" }, isoDay(model.from + mark.offset * DAY_MS)), `: ${mark.label}. ${mark.words}`) })),
    ...model.ends.map((day) => ({
      offset: day.offset,
      item: el("li", {}, el("span", { class: "strong" }, day.date), ` (${inDays(day.offset)}): ${counted(day.count, "PAT", "PATs")}: `, ...names(day)),
    })),
  ].sort((a, b) => a.offset - b.offset);
  return rows.length === 0 ? el("p", {}, "Nothing.") : el("ul", { class: "plain-list" }, ...rows.map((row) => row.item));
}

function names(day: Day): readonly (Node | string)[] {
  const parts: (Node | string)[] = [];
  day.dots.forEach((dot, i) => parts.push(i > 0 ? ", " : "", foreign(shortened(nameOf(dot.name)))));
  const more = day.count - day.dots.length;
  if (more > 0) {
    parts.push(`, and ${number(more)} more`);
  }
  return parts;
}
