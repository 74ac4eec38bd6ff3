// Every PAT, a page at a time. A row opens its details.

import type { PatPage, PatRow, PatSort } from "patkeeper-web";
import { type Child, button, el, fill, foreign } from "./dom";
import { type RowFinding, details } from "./details";
import { filters } from "./filters";
import { sign } from "./tone";
import { counted, nameOf, number } from "./text";
import { PAGE_ROWS, type View } from "./view";

interface Column {
  readonly id: string;
  readonly label: string;
  readonly sort?: PatSort;
  /** The first press sorts from the largest down. */
  readonly largestFirst?: boolean;
  cell(row: PatRow): readonly Child[];
}

/** Rows that are drawn at once; the others of a page follow after a frame. */
const FIRST_ROWS = 30;

/** Scopes named in a row; its details name all. */
const SCOPES = 2;

export interface Table {
  readonly section: HTMLElement;
  /** Draws what can wait until the rows are seen. */
  complete(): void;
  /** Brings the table into view. */
  show(): void;
}

export function table(view: View, findingsOf: (row: number) => readonly RowFinding[]): Table {
  const overview = view.judged;
  const columns = columnsOf(overview.hasOwners, overview.organizations.length > 1);
  const body = el("tbody");
  const heads = columns.map((column) => head(column, view));
  const empty = el("p", { class: "empty quiet", hidden: true });
  const partial = el("p", { class: "partial" });
  const drawPartial = (): void => {
    // Under other thresholds there is more that the rows cannot tell.
    const { partial: words } = view.overview;
    partial.hidden = words === undefined;
    fill(partial, ...(words === undefined ? [] : [sign("notice"), words]));
  };
  const said = el("p", { class: "row-count", role: "status", "aria-live": "polite" });
  const pager = el("nav", { class: "pager", "aria-label": "Pages of the table" });
  const grid = el(
    "table",
    { class: "pats" },
    el("caption", { class: "for-ears" }, "PATs, with status, days left and end. A row's button opens its details."),
    el("thead", {}, el("tr", {}, ...heads.map((h) => h.cell))),
    body,
  );
  const heading = el("h2", { id: "pats", tabindex: -1 }, "PATs");
  const bar = view.empty ? undefined : filters(view);
  const section = el(
    "section",
    { class: "section", "aria-labelledby": "pats" },
    el("div", { class: "table-head" }, heading, said),
    partial,
    bar?.bar,
    el("div", { class: "table-scroll" }, grid),
    empty,
    pager,
  );

  let rest: readonly PatRow[] = [];
  const draw = (atOnce = PAGE_ROWS): void => {
    const page = view.rows();
    rest = page.rows.slice(atOnce);
    fill(body, ...page.rows.slice(0, atOnce).map((row) => rowOf(row, columns, findingsOf)));
    heads.forEach((h) => h.mirror());
    fill(said, countWords(page, view));
    grid.hidden = page.rows.length === 0;
    empty.hidden = page.rows.length > 0;
    fill(empty, ...(page.rows.length > 0 ? [] : emptyWords(page, view)));
    turn(pager, page, view, () => section.scrollIntoView({ block: "start" }));
  };
  draw(FIRST_ROWS);
  drawPartial();
  view.onAsked(() => draw());
  view.onJudged(() => {
    draw();
    drawPartial();
  });
  return {
    section,
    complete: () => {
      body.append(...rest.map((row) => rowOf(row, columns, findingsOf)));
      rest = [];
      bar?.complete();
    },
    show: () => {
      heading.focus({ preventScroll: true });
      section.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    },
  };
}

function columnsOf(owners: boolean, organizations: boolean): readonly Column[] {
  const status: Column = {
    id: "status",
    label: "Status",
    sort: "urgency",
    cell: (row) => [
      el("span", { class: `status tone-${row.tone}` }, sign(row.tone), el("span", {}, row.status)),
      row.judged !== undefined && el("span", { class: "judged quiet" }, `judged ${row.judged}`),
    ],
  };
  const all: readonly (Column | false)[] = [
    status,
    { id: "left", label: "Left", sort: "ends", cell: (row) => [row.left] },
    { id: "ends", label: "Ends", cell: (row) => [el("time", { datetime: row.ends }, row.ends)] },
    { id: "name", label: "Name", sort: "name", cell: () => [] },
    owners
      ? { id: "owner", label: "Owner", sort: "owner", cell: (row) => [row.owner !== undefined && foreign(row.owner, { class: "clamp" }), organizations && foreign(row.organization, { class: "place quiet" })] }
      : organizations && { id: "owner", label: "Organization", cell: (row) => [foreign(row.organization, { class: "clamp" })] },
    { id: "scopes", label: "Scopes", cell: scopes },
    { id: "lifetime", label: "Lifetime", sort: "lifetime", largestFirst: true, cell: (row) => [`${number(row.lifetimeDays)} d`] },
    { id: "rules", label: "Findings", sort: "findings", cell: rules },
  ];
  return all.filter((column) => column !== false);
}

function scopes(row: PatRow): readonly Child[] {
  const more = row.scopes.length - SCOPES;
  return [
    el("span", { class: "scopes" }, ...row.scopes.slice(0, SCOPES).map((scope) => foreign(scope, { class: "scope" })), more > 0 && el("span", { class: "quiet" }, `+${more}`)),
  ];
}

function rules(row: PatRow): readonly Child[] {
  return [
    el("span", { class: "rules" }, ...row.rules.map((mark) => el("span", { class: `rule tone-${mark.tone}` }, sign(mark.tone), el("span", {}, mark.rule, mark.tone === "good" && el("span", { class: "quiet" }, " waived"))))),
  ];
}

function head(column: Column, view: View): { readonly cell: HTMLElement; mirror(): void } {
  const { sort } = column;
  if (sort === undefined) {
    return { cell: el("th", { scope: "col", class: `col-${column.id}` }, column.label), mirror: () => undefined };
  }
  const first = column.largestFirst ?? false;
  const arrow = el("span", { class: "arrow", "aria-hidden": "true" });
  const cell = el(
    "th",
    { scope: "col", class: `col-${column.id}` },
    button(
      { class: "sort" },
      () => view.ask({ sort, descending: view.query.sort === sort ? !view.query.descending : first }),
      column.label,
      arrow,
    ),
  );
  return {
    cell,
    mirror: () => {
      const { descending } = view.query;
      const active = view.query.sort === sort;
      cell.setAttribute("aria-sort", active ? (descending ? "descending" : "ascending") : "none");
      fill(arrow, active ? (descending ? "↓" : "↑") : "");
    },
  };
}

function rowOf(row: PatRow, columns: readonly Column[], findingsOf: (row: number) => readonly RowFinding[]): HTMLElement {
  const id = `pat-${row.row}`;
  let opened: HTMLElement | undefined;
  const toggle = (): void => {
    if (opened) {
      opened.remove();
      opened = undefined;
    } else {
      opened = el("tr", { class: "details", id }, el("td", { colspan: columns.length }, details(row, findingsOf(row.row))));
      opened.addEventListener("keydown", close);
      line.after(opened);
    }
    opener.setAttribute("aria-expanded", String(opened !== undefined));
    opener.setAttribute("aria-controls", id);
    line.classList.toggle("open", opened !== undefined);
  };
  const close = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && opened) {
      toggle();
      opener.focus();
    }
  };
  const opener = button({ class: "opener", "aria-expanded": "false" }, toggle, foreign(nameOf(row.name), { class: "clamp name" }));
  const line = el(
    "tr",
    { class: `pat tone-${row.tone}` },
    ...columns.map((column) =>
      column.id === "name"
        ? el("th", { scope: "row", class: "col-name" }, opener, row.remark !== undefined && el("span", { class: "remark quiet" }, row.remark))
        : el("td", { class: `col-${column.id}` }, ...column.cell(row)),
    ),
  );
  line.addEventListener("keydown", close);
  line.addEventListener("click", (event) => {
    const inButton = event.target instanceof Element && event.target.closest("button") !== null;
    if (!inButton && (getSelection()?.isCollapsed ?? true)) {
      toggle();
    }
  });
  return line;
}

function countWords(page: PatPage, view: View): string {
  const whole = view.narrowed ? `${number(page.matching)} of ${number(page.of)} PATs` : counted(page.of, "PAT", "PATs");
  if (page.matching <= PAGE_ROWS) {
    return whole;
  }
  const from = view.query.offset + 1;
  return `${whole}, rows ${number(from)} to ${number(view.query.offset + page.rows.length)}`;
}

function emptyWords(page: PatPage, view: View): readonly Child[] {
  if (page.of === 0) {
    return ["No PAT was found. If there should be one, check who signs in and which organization and names the step asks for."];
  }
  const none = view.overview.partial === undefined ? "No PAT matches. " : `None of the ${number(page.of)} PATs that are listed here matches; others are counted only. `;
  return [none, button({ class: "link" }, () => view.askAll(), "Show all")];
}

function turn(pager: HTMLElement, page: PatPage, view: View, top: () => void): void {
  pager.hidden = page.matching <= PAGE_ROWS;
  if (pager.hidden) {
    pager.replaceChildren();
    return;
  }
  const { offset } = view.query;
  const pages = Math.ceil(page.matching / PAGE_ROWS);
  const at = Math.floor(offset / PAGE_ROWS) + 1;
  const step = (label: string, to: number, off: boolean): HTMLButtonElement =>
    button({ class: "push", disabled: off, "data-page": label }, () => {
      view.ask({ offset: to });
      top();
      const again = pager.querySelector<HTMLButtonElement>(`[data-page="${label}"]:not(:disabled)`) ?? pager.querySelector<HTMLButtonElement>("button:not(:disabled)");
      again?.focus({ preventScroll: true });
    }, label);
  fill(
    pager,
    step("First", 0, at === 1),
    step("Previous", offset - PAGE_ROWS, at === 1),
    el("span", {}, `Page ${number(at)} of ${number(pages)}`),
    step("Next", offset + PAGE_ROWS, at === pages),
    step("Last", (pages - 1) * PAGE_ROWS, at === pages),
  );
}
