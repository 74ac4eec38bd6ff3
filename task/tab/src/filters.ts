// What narrows the table down: words, and one choice each of status, owner, scope, rule, organization and day.

import type { Count, Facets } from "patkeeper-web";
import { button, el, fill } from "./dom";
import { number, shortened } from "./text";
import type { Query, View } from "./view";

/** Quiet time after a keystroke before the table is searched. */
const TYPING_MS = 120;

type Choice = "status" | "owner" | "scope" | "rule" | "organization";

const CHOICES: readonly { readonly id: Choice; readonly label: string; readonly any: string; of(facets: Facets): readonly Count[] }[] = [
  { id: "status", label: "Status", any: "Any status", of: (f) => f.statuses },
  { id: "owner", label: "Owner", any: "Any owner", of: (f) => f.owners },
  { id: "scope", label: "Scope", any: "Any scope", of: (f) => f.scopes },
  { id: "rule", label: "Rule", any: "Any rule", of: (f) => f.rules },
  { id: "organization", label: "Organization", any: "Any organization", of: (f) => f.organizations },
];

/** Stands for several statuses at once, which only the chips can choose. */
const SEVERAL = "\u0000several";

/** What is drawn at once, and the rest of it: counting what there is to choose from takes its time. */
export interface Filters {
  readonly bar: HTMLElement;
  complete(): void;
}

export function filters(view: View): Filters {
  const search = el("input", { type: "search", id: "search", class: "search", placeholder: "Search names, owners, scopes, rules, ids", autocomplete: "off", spellcheck: "false", "aria-label": "Search PATs" });
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = window.setTimeout(() => view.ask({ search: search.value }), TYPING_MS);
  });
  const selects = el("div", { class: "selects" });
  const day = el("span", { class: "day-filter" });
  const all = button({ class: "link", hidden: true }, () => view.askAll(), "Show all");

  const drawSelects = (): void => {
    const facets = view.health.facets();
    fill(
      selects,
      ...CHOICES.map((choice) => {
        const counts = choice.of(facets);
        // A choice of one is none.
        return counts.length > 1 || (counts.length === 1 && (choice.id === "rule" || choice.id === "scope")) ? select(choice.id, choice.label, choice.any, counts, view) : undefined;
      }),
    );
    mirror();
  };
  const mirror = (): void => {
    if (document.activeElement !== search) {
      search.value = view.query.search;
    }
    for (const element of selects.querySelectorAll("select")) {
      const wanted = chosen(element.dataset["choice"] as Choice, view.query);
      element.value = wanted;
      element.classList.toggle("active", wanted !== "");
    }
    const date = view.query.day;
    fill(
      day,
      date !== undefined &&
        button({ class: "token", "aria-label": `Ends on ${date}: take this filter away` }, () => view.ask({ day: undefined }), `Ends on ${date}`, el("span", { "aria-hidden": "true" }, " ×")),
    );
    all.hidden = !view.narrowed;
  };
  view.onAsked(mirror);
  view.onJudged(drawSelects);
  return {
    bar: el("div", { class: "filters", role: "search", "aria-label": "PATs" }, search, selects, day, all),
    complete: drawSelects,
  };
}

function select(id: Choice, label: string, any: string, counts: readonly Count[], view: View): HTMLSelectElement {
  const element = el("select", { "aria-label": label, "data-choice": id }, el("option", { value: "" }, any));
  for (const count of counts) {
    const option = el("option", {}, `${shortened(count.label)} (${number(count.count)})`);
    // An id is compared, not shown, so it stays as it is.
    option.value = count.id;
    element.append(option);
  }
  if (id === "status") {
    element.append(el("option", { value: SEVERAL, hidden: true }, "Several statuses"));
    element.lastElementChild?.setAttribute("value", SEVERAL);
  }
  element.addEventListener("change", () => {
    const value = element.value === "" ? undefined : element.value;
    view.ask(id === "status" ? { statuses: value === undefined ? [] : [value] } : { [id]: value });
  });
  return element;
}

function chosen(id: Choice, query: Query): string {
  if (id === "status") {
    return query.statuses.length > 1 ? SEVERAL : (query.statuses[0] ?? "");
  }
  return query[id] ?? "";
}
