// What the reader has asked for: which rows, in which order, under which thresholds. Sections listen to it.

import type { Health, Overview, PatPage, PatQuery, PatSort } from "patkeeper-web";

/** Rows of one page of the table. */
export const PAGE_ROWS = 100;

/** A question to the table, with nothing left open. */
export interface Query {
  readonly search: string;
  readonly statuses: readonly string[];
  readonly owner: string | undefined;
  readonly scope: string | undefined;
  readonly rule: string | undefined;
  readonly organization: string | undefined;
  readonly day: string | undefined;
  readonly sort: PatSort;
  readonly descending: boolean;
  readonly offset: number;
}

/** Everything, most urgent first. */
const ALL: Query = {
  search: "",
  statuses: [],
  owner: undefined,
  scope: undefined,
  rule: undefined,
  organization: undefined,
  day: undefined,
  sort: "urgency",
  descending: false,
  offset: 0,
};

export class View {
  readonly #asked = new Set<() => void>();
  readonly #judged = new Set<() => void>();
  #query: Query = ALL;
  #whatIf = false;
  #overview: Overview;

  /** `judged`: the overview of `health`, under the steps' own thresholds. */
  constructor(
    readonly health: Health,
    readonly judged: Overview,
  ) {
    this.#overview = judged;
  }

  /** The overview under the thresholds shown. */
  get overview(): Overview {
    return this.#overview;
  }

  get query(): Query {
    return this.#query;
  }

  /** Whether the statuses shown are the answer to a question, and not what the steps judged. */
  get whatIf(): boolean {
    return this.#whatIf;
  }

  /** Whether there is no PAT at all, whatever is asked for. */
  get empty(): boolean {
    return this.health.pats({ limit: 0 }).of === 0;
  }

  /** Whether any row is left out. */
  get narrowed(): boolean {
    const { search, statuses, owner, scope, rule, organization, day } = this.#query;
    return search !== "" || statuses.length > 0 || [owner, scope, rule, organization, day].some((v) => v !== undefined);
  }

  /** Asks for other rows. Unless said otherwise the first ones of them are shown. */
  ask(change: Partial<Query>): void {
    this.#query = { ...this.#query, offset: 0, ...change };
    this.#asked.forEach((listener) => listener());
  }

  /** Shows every row again, in the order it has now. */
  askAll(): void {
    this.ask({ ...ALL, sort: this.#query.sort, descending: this.#query.descending });
  }

  toggleStatus(id: string): void {
    const { statuses } = this.#query;
    this.ask({ statuses: statuses.includes(id) ? statuses.filter((s) => s !== id) : [...statuses, id] });
  }

  toggleDay(date: string): void {
    this.ask({ day: this.#query.day === date ? undefined : date });
  }

  /** The rows asked for. */
  rows(): PatPage {
    const { statuses, ...rest } = this.#query;
    const query: PatQuery = { ...rest, statuses: [...statuses], limit: PAGE_ROWS };
    return this.health.pats(query);
  }

  /** Judges by other thresholds. */
  judge(warningDays: number, criticalDays: number): void {
    this.health.judge(warningDays, criticalDays);
    this.#whatIf = true;
    this.#rejudged();
  }

  /** Goes back to what the steps judged by. */
  judgeAsReported(): void {
    this.health.judgeAsReported();
    this.#whatIf = false;
    this.#rejudged();
  }

  /** Calls when other rows are asked for. */
  onAsked(listener: () => void): void {
    this.#asked.add(listener);
  }

  /** Calls when statuses have changed. */
  onJudged(listener: () => void): void {
    this.#judged.add(listener);
  }

  #rejudged(): void {
    this.#overview = this.health.overview();
    this.#query = { ...this.#query, offset: 0 };
    this.#judged.forEach((listener) => listener());
  }
}
