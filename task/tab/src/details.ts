// Everything about one PAT.

import type { FindingGroup, FindingItem, Health, PatRow, Tone } from "patkeeper-web";
import { type Child, el, foreign } from "./dom";
import { finding } from "./findings";
import { nameOf } from "./text";
import { sign } from "./tone";

/** More findings of one rule than a page holds PATs. */
const ALL = 0xffff_ffff;

/** What a rule found about one PAT. */
export interface RowFinding {
  readonly rule: string;
  readonly tone: Tone;
  readonly item: FindingItem;
}

/** Findings by row, looked up when the first row is opened. */
export function findingsByRow(health: Health): (row: number) => readonly RowFinding[] {
  let byRow: Map<number, RowFinding[]> | undefined;
  return (row) => {
    byRow ??= collect(health.findings(ALL));
    return byRow.get(row) ?? [];
  };
}

function collect(groups: readonly FindingGroup[]): Map<number, RowFinding[]> {
  const byRow = new Map<number, RowFinding[]>();
  for (const { rule, tone, items } of groups) {
    for (const item of items) {
      if (item.row !== undefined) {
        const found = byRow.get(item.row) ?? [];
        found.push({ rule, tone: item.waived === undefined ? tone : "good", item });
        byRow.set(item.row, found);
      }
    }
  }
  return byRow;
}

export function details(row: PatRow, findings: readonly RowFinding[]): HTMLElement {
  return el(
    "div",
    { class: "pat-details" },
    el(
      "dl",
      {},
      ...fact("Name", foreign(nameOf(row.name))),
      ...fact("Ends", `${row.ends} (${row.left})`),
      row.remark !== undefined && el("dt", {}, "Remark"),
      row.remark !== undefined && el("dd", {}, row.remark),
      ...fact("Status", row.judged === undefined ? row.status : `${row.status} under the thresholds tried, judged ${row.judged}`),
      ...fact("Organization", foreign(row.organization)),
      ...(row.owner === undefined ? [] : fact("Owner", foreign(row.owner))),
      ...fact("Scopes", row.scopes.length === 0 ? "none" : el("span", { class: "scopes" }, ...row.scopes.map((scope) => foreign(scope, { class: "scope" })))),
      ...fact("Lifetime", `${row.lifetimeDays} d from start to end`),
      ...fact("Authorization id", el("code", {}, row.authorizationId)),
    ),
    findings.length > 0
      ? el("div", { class: "pat-findings" }, el("h3", {}, "Policy findings"), el("ul", { class: "items" }, ...findings.map(({ rule, tone, item }) => finding(item, true, el("p", { class: "strong rule" }, sign(tone, true), rule)))))
      : el("p", { class: "quiet" }, row.rules.length > 0 ? `Policy findings: ${row.rules.map((mark) => mark.rule).join(", ")}.` : "No policy finding."),
  );
}

function fact(name: string, value: Child): readonly Child[] {
  return [el("dt", {}, name), el("dd", {}, value)];
}
