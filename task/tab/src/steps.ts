// Steps of Patkeeper that have ended and left no document. What they did or found is not on the page, and without a
// word on them a page that only shows the others would look complete.

import { id as patAudit } from "../../PatAudit/task.json";
import { id as patMonitor } from "../../PatMonitor/task.json";
import { id as patRevoke } from "../../PatRevoke/task.json";
import { id as patRotate } from "../../PatRotate/task.json";
import { type Attachment, versioned } from "./attachments";
import type { Place } from "./host";
import type { Missed } from "./overview";
import { Budget } from "./rest";

const OURS: ReadonlySet<string> = new Set([patAudit, patMonitor, patRevoke, patRotate]);
/** The page waits for the list of steps, but not for long: it adds to what is there. */
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_MS = 15_000;

/** How a step ended, as a verb. Skipped ones had nothing to leave. */
const ENDED: Readonly<Record<string, string>> = {
  succeeded: "succeeded",
  succeededWithIssues: "succeeded with issues",
  failed: "failed",
  canceled: "was cancelled",
  abandoned: "was abandoned",
};

interface Step {
  readonly record: string;
  readonly title: string;
  readonly ended: string;
}

/** Steps without a document; `undefined` where the steps are not known, or documents cannot be told to them. */
export async function silent(place: Place, left: readonly Attachment[]): Promise<readonly Missed[] | undefined> {
  const steps = await ended(place).catch(() => undefined);
  const spoke = new Set(left.map(({ record }) => record?.toLowerCase()));
  if (left.length > 0 && !steps?.some(({ record }) => spoke.has(record))) {
    return undefined;
  }
  return steps
    ?.filter(({ record }) => !spoke.has(record))
    .map(({ title, ended }) => ({
      name: title,
      words: `this step ${ended} and left no document, so what it found or did is not here: see its log. Steps that refuse their inputs, run out of time or run with restricted commands leave none.`,
    }));
}

async function ended(place: Place): Promise<readonly Step[]> {
  const address = new URL(`${encodeURIComponent(place.project)}/_apis/build/builds/${place.build.id}/timeline`, place.collection);
  const { records } = ((await versioned(address, new Budget("the steps of this build", MOST_BYTES, MOST_MS))) ?? {}) as { records?: unknown };
  if (!Array.isArray(records)) {
    throw new Error("Azure DevOps answered with something else than a list of steps.");
  }
  return records.flatMap((entry: unknown): readonly Step[] => {
    const { id, type, name, task, state, result } = (entry ?? {}) as Record<string, unknown>;
    const { id: kind } = (task ?? {}) as Record<string, unknown>;
    const how = state === "completed" && typeof result === "string" ? ENDED[result] : undefined;
    if (type !== "Task" || typeof id !== "string" || typeof kind !== "string" || !OURS.has(kind.toLowerCase()) || how === undefined) {
      return [];
    }
    return [{ record: id.toLowerCase(), title: typeof name === "string" ? name : "A step without a name", ended: how }];
  });
}
