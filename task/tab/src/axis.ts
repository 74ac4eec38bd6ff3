// Where things stand on the timeline, and its axis: today, weeks, months.

import type { Timeline } from "patkeeper-web";
import { svg } from "./dom";
import { isoDay } from "./text";

/** A full column of dots, and at least so many high is the chart. */
const FULL = 12;
const LEAST = 6;
const DAY_MS = 86_400_000;
/** Room at the sides, over the columns, for labels of marks, and under the axis. */
const SIDE = 12;
const OVER = 6;
const LABELS = 18;
const UNDER = 36;
/** What the tallest bar rises over a full column of dots. */
const RISE = 40;

/** Lengths in pixels. */
export interface Scale {
  readonly width: number;
  readonly height: number;
  /** Where the axis lies, from the top. */
  readonly base: number;
  /** The width of a day. */
  readonly column: number;
  /** A dot's radius, and the height it takes. */
  readonly dot: number;
  readonly step: number;
  /** The middle of a day. */
  x(offset: number): number;
  /** How high a bar is that stands for more than a column of dots: it grows more slowly than its number. */
  bar(count: number): number;
}

export function scaleOf(model: Timeline, width: number): Scale {
  const column = (width - 2 * SIDE) / model.days;
  const dot = Math.max(2.5, Math.min(5, column * 0.4));
  const step = dot * 2 + 1.5;
  const most = model.ends.reduce((max, day) => Math.max(max, day.count), 0);
  const rows = Math.max(LEAST, Math.min(FULL, most));
  const rise = most > FULL ? RISE : 0;
  const base = Math.ceil(LABELS + OVER + rise + rows * step);
  return {
    width,
    height: base + UNDER,
    base,
    column,
    dot,
    step,
    x: (offset) => SIDE + (offset + 0.5) * column,
    bar: (count) => FULL * step + RISE * (most > FULL ? Math.log(count / FULL) / Math.log(most / FULL) : 0),
  };
}

/** The axis with a short stroke at each Monday, a long one with its name at each month's first, and today. */
export function axis(model: Timeline, scale: Scale): SVGGElement {
  const group = svg("g", { class: "axis", "aria-hidden": "true" });
  const edge = (offset: number): number => scale.x(offset) - scale.column / 2;
  group.append(svg("line", { class: "axis-line", x1: edge(0), x2: edge(model.days), y1: scale.base + 0.5, y2: scale.base + 0.5 }));
  const today = "today";
  group.append(
    svg("line", { class: "axis-today", x1: edge(0), x2: edge(0), y1: LABELS, y2: scale.base + 6 }),
    svg("text", { class: "axis-month", x: edge(0), y: scale.base + 30 }, today),
  );
  for (let offset = 0; offset < model.days; offset += 1) {
    const at = new Date(model.from + offset * DAY_MS);
    const day = isoDay(at.getTime());
    const first = at.getUTCDate() === 1;
    const monday = at.getUTCDay() === 1;
    if (!first && !monday) {
      continue;
    }
    const x = edge(offset);
    group.append(svg("line", { class: first ? "axis-first" : "axis-week", x1: x, x2: x, y1: scale.base, y2: scale.base + (first ? 20 : 5) }));
    if (monday && !first && room(model, offset, scale)) {
      group.append(svg("text", { class: "axis-week-label", x: scale.x(offset), y: scale.base + 16, "text-anchor": "middle" }, day.slice(8)));
    }
    // A month that begins right at the start would be written over "today".
    if (first && x - edge(0) > 46) {
      group.append(svg("text", { class: "axis-month", x: x + 4, y: scale.base + 30 }, day.slice(0, 7)));
    }
  }
  return group;
}

/** Half of a day of the month's width, and a gap. */
const CLEAR = 9;

/** Whether a week's day of the month would stand clear of the strokes beside it, which are at the starts of their days. */
function room(model: Timeline, offset: number, scale: Scale): boolean {
  return [-1, 1, 2].every((near) => new Date(model.from + (offset + near) * DAY_MS).getUTCDate() !== 1 || Math.abs(near - 0.5) * scale.column > CLEAR);
}
