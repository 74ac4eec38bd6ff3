// Policy findings by rule, the heaviest first, with what to do; waived ones are folded.

import type { FindingGroup, FindingItem } from "patkeeper-web";
import { type Child, button, el, folded, foreign } from "./dom";
import { sign } from "./tone";
import { counted, nameOf, number } from "./text";
import type { View } from "./view";

/** Findings of each rule that are listed here; the table has all. */
const PER_RULE = 50;

/** Groups with up to this many findings are open from the start. */
const OPEN_UP_TO = 3;

/** `show`: brings the table into view. */
export function findings(view: View, show: () => void): HTMLElement | undefined {
  const groups = view.health.findings(PER_RULE);
  if (groups.length === 0 && view.empty) {
    return undefined;
  }
  const total = groups.reduce((sum, group) => sum + group.count, 0);
  return el(
    "section",
    { class: "section", "aria-labelledby": "findings" },
    el("h2", { id: "findings" }, "Policy findings", el("span", { class: "quiet heading-count" }, number(total))),
    view.overview.findingsPartial !== undefined && el("p", { class: "partial" }, sign("notice"), view.overview.findingsPartial),
    groups.length === 0 && el("p", { class: "quiet" }, "None about the PATs that were read."),
    groups.length > 0 && el("div", { class: "groups" }, ...groups.map((group) => rule(group, view, show))),
  );
}

function rule(group: FindingGroup, view: View, show: () => void): HTMLElement {
  const counts = [
    group.count > 0 && counted(group.count, "finding", "findings"),
    group.waived > 0 && `${number(group.waived)} waived`,
  ].filter((words) => words !== false);
  return folded(
    [
      sign(group.count > 0 ? group.tone : "good"),
      el("span", { class: "strong" }, group.rule),
      " ",
      el("span", { class: "severity" }, group.count > 0 ? group.severity : "waived"),
      " ",
      el("span", { class: "about" }, group.about),
      " ",
      el("span", { class: "quiet group-count" }, counts.join(", ")),
    ],
    { class: `group tone-${group.count > 0 ? group.tone : "good"}`, open: group.severity === "error" && group.count > 0 && group.count <= OPEN_UP_TO },
    () => listed(group, view, show),
  );
}

function listed(group: FindingGroup, view: View, show: () => void): readonly Child[] {
  const open = group.items.filter((item) => item.waived === undefined);
  const waived = group.items.filter((item) => item.waived !== undefined);
  const remedies = new Set(open.map((item) => item.remedy));
  const [shared] = remedies;
  const one = remedies.size === 1 && open.length > 1;
  const inTable = group.items.some((item) => item.row !== undefined);
  return [
    one && shared !== undefined && remedy(shared),
    open.length > 0 && el("ul", { class: "items" }, ...open.map((item) => finding(item, !one))),
    group.more > 0 && el("p", { class: "quiet" }, `And ${number(group.more)} more.`),
    inTable &&
      button(
        { class: "link" },
        () => {
          view.ask({ rule: group.rule });
          show();
        },
        "Show the PATs of this rule in the table",
      ),
    waived.length > 0 &&
      folded([`${number(waived.length)} waived`], { class: "waived" }, () => [
        el("ul", { class: "items" }, ...waived.map((item) => finding(item, false))),
      ]),
  ];
}

/** A finding in a list, under a rule or in a row's details. */
export function finding(item: FindingItem, withRemedy: boolean, head = about(item)): HTMLElement {
  return el(
    "li",
    {},
    head,
    el("p", {}, item.message),
    item.waived !== undefined && el("p", {}, el("span", { class: "label" }, "Waived: "), item.waived),
    withRemedy && item.waived === undefined && remedy(item.remedy),
  );
}

function about(item: FindingItem): HTMLElement {
  const place = item.place !== "" && foreign(item.place, { class: "quiet" });
  return el("p", {}, foreign(nameOf(item.subject), { class: "strong name" }), place && " ", place);
}

function remedy(words: string): HTMLElement {
  return el("p", {}, el("span", { class: "label" }, "What to do: "), words);
}
