// Earlier builds of the same pipeline, for the trend.

import { type TrendPoint, trendPoint } from "patkeeper-web";
import { attachments, fetchAll, versioned } from "./attachments";
import type { Place } from "./host";
import { eachOf } from "./rest";
import { wordsOf } from "./text";

/** How far back the trend goes. */
const BUILDS = 20;
const AT_A_TIME = 3;
/** The one document that counts PATs. */
const MONITOR = /^PatMonitor/i;

/** An earlier build: what it came to, or why that is not known. */
export interface Earlier {
  readonly build: number;
  /** Its number or name in the pipeline. */
  readonly label: string;
  readonly point: TrendPoint | undefined;
  /** Said where there is no point. */
  readonly gap: string;
}

interface Listed {
  readonly id: number;
  readonly label: string;
  readonly finished: number;
}

/** Earlier builds, oldest first. `progress` hears how many are done. */
export async function earlier(place: Place, progress: (done: number, of: number) => void): Promise<readonly Earlier[]> {
  const builds = await list(place);
  let done = 0;
  progress(done, builds.length);
  const all = await eachOf(builds, AT_A_TIME, async (build): Promise<Earlier> => {
    const known = await point(place, build.id);
    done += 1;
    progress(done, builds.length);
    return { build: build.id, label: build.label, ...known };
  });
  return all.reverse();
}

async function list(place: Place): Promise<readonly Listed[]> {
  const { id, definition, finishTime } = place.build;
  if (definition === undefined) {
    throw new Error("Azure DevOps has not said which pipeline this build belongs to.");
  }
  const address = new URL(`${encodeURIComponent(place.project)}/_apis/build/builds`, place.collection);
  address.searchParams.set("definitions", String(definition));
  address.searchParams.set("queryOrder", "finishTimeDescending");
  address.searchParams.set("statusFilter", "completed");
  address.searchParams.set("$top", String(BUILDS + 1));
  if (finishTime !== undefined) {
    address.searchParams.set("maxTime", finishTime);
  }
  const before = finishTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(finishTime);
  const listed = ((await versioned(address)) as { value?: unknown } | null)?.value;
  return (Array.isArray(listed) ? listed : [])
    .flatMap((entry: unknown): readonly Listed[] => {
      const { id: number, buildNumber, finishTime: at } = (entry ?? {}) as Record<string, unknown>;
      const finished = typeof at === "string" ? Date.parse(at) : Number.NaN;
      return typeof number === "number" ? [{ id: number, label: typeof buildNumber === "string" ? buildNumber : String(number), finished }] : [];
    })
    .filter((build) => build.id !== id && !(build.finished > before))
    .slice(0, BUILDS);
}

async function point(place: Place, build: number): Promise<Pick<Earlier, "point" | "gap">> {
  try {
    const monitors = (await attachments(place, build)).filter((a) => MONITOR.test(a.name));
    if (monitors.length === 0) {
      return { point: undefined, gap: "no PatMonitor report" };
    }
    const texts: string[] = [];
    for (const fetched of await fetchAll(place, monitors)) {
      if (!("text" in fetched)) {
        return { point: undefined, gap: fetched.words };
      }
      texts.push(fetched.text);
    }
    const known = trendPoint(texts);
    return { point: known, gap: known ? "" : "its report could not be read" };
  } catch (error) {
    return { point: undefined, gap: wordsOf(error) };
  }
}
