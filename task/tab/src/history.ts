// Earlier builds of the same pipeline, for the trend.

import type { Trend } from "patkeeper-web";
import { attachments, fetchAll, versioned } from "./attachments";
import type { Place } from "./host";
import { Budget, eachOf } from "./rest";
import { trendOf } from "./rules";
import { wordsOf } from "./text";

/** How far back the trend goes. */
const BUILDS = 20;
const AT_A_TIME = 3;
/** What one of them may take, and all of them: a chart is not worth more than that. */
const MB = 1024 * 1024;
const ONE_BUILD = { bytes: 32 * MB, ms: 60_000 } as const;
const ALL_BUILDS = { bytes: 160 * MB, ms: 180_000 } as const;
/** The one document that counts PATs. */
const MONITOR = /^PatMonitor/i;

/** An earlier build: what it came to, or why that is not known. */
export interface Earlier extends Trend {
  /** Its number or name in the pipeline. */
  readonly label: string;
}

interface Listed {
  readonly id: number;
  readonly label: string;
  readonly finished: number;
}

/** Earlier builds, oldest first. `progress` hears how many are done; nothing more is asked once it is not `wanted`. */
export async function earlier(place: Place, wanted: () => boolean, progress: (done: number, of: number) => void): Promise<readonly Earlier[]> {
  const builds = await list(place);
  const budget = new Budget("earlier builds", ALL_BUILDS.bytes, ALL_BUILDS.ms);
  let done = 0;
  progress(done, builds.length);
  const all = await eachOf(builds, AT_A_TIME, async (build): Promise<Earlier> => {
    const known = wanted() ? await came(place, build.id, new Budget("its documents", ONE_BUILD.bytes, ONE_BUILD.ms, budget)) : { gap: "" };
    done += 1;
    progress(done, builds.length);
    return { label: build.label, ...known };
  });
  return all.reverse();
}

async function list(place: Place): Promise<readonly Listed[]> {
  const { id, definition, branch, finishTime } = place.build;
  if (definition === undefined) {
    throw new Error("Azure DevOps has not said which pipeline this build belongs to.");
  }
  const address = new URL(`${encodeURIComponent(place.project)}/_apis/build/builds`, place.collection);
  address.searchParams.set("definitions", String(definition));
  address.searchParams.set("queryOrder", "finishTimeDescending");
  address.searchParams.set("statusFilter", "completed");
  address.searchParams.set("$top", String(BUILDS + 1));
  if (branch !== undefined) {
    address.searchParams.set("branchName", branch);
  }
  if (finishTime !== undefined) {
    address.searchParams.set("maxTime", finishTime);
  }
  const before = finishTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(finishTime);
  const listed = ((await versioned(address)) as { value?: unknown } | null)?.value;
  if (!Array.isArray(listed)) {
    throw new Error("Azure DevOps answered with something else than a list of builds.");
  }
  return listed
    .map((entry: unknown): Listed => {
      const { id: number, buildNumber, finishTime: at } = (entry ?? {}) as Record<string, unknown>;
      if (typeof number !== "number") {
        throw new Error("Azure DevOps lists a build without a number.");
      }
      const finished = typeof at === "string" ? Date.parse(at) : Number.NaN;
      return { id: number, label: typeof buildNumber === "string" ? buildNumber : String(number), finished };
    })
    .filter((build) => build.id !== id && !(build.finished > before))
    .slice(0, BUILDS);
}

async function came(place: Place, build: number, budget: Budget): Promise<Trend> {
  const texts = await textsOf(place, build, budget);
  // Outside of what catches: rules that have stopped are no gap of one build.
  return typeof texts === "string" ? { gap: texts } : trendOf(texts);
}

/** Of all its PatMonitor documents, or why one of them is not there: a part would be drawn as the whole. */
async function textsOf(place: Place, build: number, budget: Budget): Promise<string[] | string> {
  try {
    const monitors = (await attachments(place, build)).filter((a) => MONITOR.test(a.name));
    const texts: string[] = [];
    for (const fetched of await fetchAll(place, monitors, budget)) {
      if (!("text" in fetched)) {
        return fetched.words;
      }
      texts.push(fetched.text);
    }
    return texts;
  } catch (error) {
    return wordsOf(error);
  }
}
