// The results tab of a build in Azure DevOps.

import { type Attachment, type Fetched, attachments, fetchAll } from "./attachments";
import { onFailure } from "./failures";
import { earlier } from "./history";
import { NoBuild, type Place, fitHost, place, ready, shakeHands } from "./host";
import { showPage, started } from "./page";
import { Budget } from "./rest";
import { Stopped, health, trendOf } from "./rules";
import { silent } from "./steps";
import { failed, loading, noBuild, nothing, refused, unfetched, withoutRules } from "./states";
import { number } from "./text";
import { watchTheme } from "./theme";
import { trend } from "./trend";
import { RulesUnavailable, besidePage, loadRules } from "./wasm";
import type { Missed } from "./overview";

const RULES = "patkeeper_web_bg.wasm";
/** What all documents of the build may take together. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_MS = 300_000;
const STEPS_UNKNOWN = "Which steps of this build have ended could not be looked up, so one that left no document is not named here.";
/** Longest that the page stands still while it reads documents. */
const STILL_MS = 100;

async function main(root: HTMLElement): Promise<void> {
  loading(root, "Loading PAT health.");
  watchTheme();
  const again = (): void => void look(root, again);
  try {
    await shakeHands();
  } catch (error) {
    refused(root, error, () => location.reload());
    return;
  }
  fitHost(root);
  // Until then the host shows its own sign of waiting, which says nothing.
  ready();
  await look(root, again);
}

/** From the host's answers to the page, or to words that say why there is none. */
async function look(root: HTMLElement, again: () => void): Promise<void> {
  const say = loading(root, "Looking for what this build's steps have left.");
  // Both are needed; why the rules cannot run is told only where there is something to judge.
  const rules = loadRules(() => besidePage(RULES)).then(
    () => undefined,
    (error: unknown) => error,
  );
  let here: Place;
  let fetched: readonly Fetched[];
  let without: readonly Missed[] | undefined;
  try {
    here = await place();
    const found = await attachments(here, here.build.id);
    const steps = silent(here, found);
    if (found.length === 0) {
      nothing(root, here.build.running, (await steps) ?? [], again);
      return;
    }
    [fetched, without] = await Promise.all([fetchSaying(here, found, say), steps]);
  } catch (error) {
    if (error instanceof NoBuild) {
      noBuild(root, again);
    } else {
      refused(root, error, again);
    }
    return;
  }
  const all = [...fetched, ...(without ?? [])];
  const missed = all.filter((one): one is Missed => "words" in one);
  if (missed.length === all.length) {
    unfetched(root, missed, again);
    return;
  }
  const blocked = await rules;
  if (blocked instanceof RulesUnavailable) {
    withoutRules(root, blocked);
    return;
  }
  try {
    await draw(root, here, all, { again, say, remarks: without ? [] : [STEPS_UNKNOWN] });
  } catch (error) {
    failed(root, error);
  }
}

function fetchSaying(here: Place, found: readonly Attachment[], say: (now: string) => void): Promise<Fetched[]> {
  return fetchAll(here, found, new Budget("the documents of this build", MOST_BYTES, MOST_MS), (done, of) => {
    say(`Fetching what this build's steps have left: ${number(done)} of ${number(of)} documents.`);
  });
}

interface Around {
  readonly remarks: readonly string[];
  again(): void;
  /** Says how far the page has come. */
  say(now: string): void;
}

async function draw(root: HTMLElement, here: Place, all: readonly Fetched[], { again, say, remarks }: Around): Promise<void> {
  started();
  const judge = health(Date.now());
  const texts: string[] = [];
  let moved = performance.now();
  for (const document of all) {
    if ("text" in document) {
      if (performance.now() - moved > STILL_MS) {
        say(`Reading what this build's steps have left: ${number(texts.length)} of ${number(all.length)} documents.`);
        await new Promise((resolve) => setTimeout(resolve));
        moved = performance.now();
      }
      judge.add(document.title, document.text);
      texts.push(document.text);
    } else {
      judge.missed(document.name, document.words);
    }
  }
  const before = trend(here.build.branch);
  await showPage(root, judge, { remarks, again: here.build.running ? again : undefined, last: before.section });
  if (!before.section.isConnected) {
    return;
  }
  // The page stands by now: whatever fails here is said in its own place, unless the rules themselves have failed.
  const inTheWay = (error: unknown): void => {
    if (error instanceof Stopped) {
      throw error;
    }
    before.failed(error);
  };
  void lookedAt()
    .then(() => earlier(here, () => before.section.isConnected, before.progress))
    .then((builds) => before.draw(builds, texts.length < all.length ? { gap: "a part of it is missing from this page" } : trendOf(texts)))
    .catch(inTheWay);
}

/** Resolves once somebody looks at the page: nobody needs a chart in the background. */
function lookedAt(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.visibilityState === "visible") {
        document.removeEventListener("visibilitychange", look);
        resolve();
      }
    };
    document.addEventListener("visibilitychange", look);
    look();
  });
}

const root = document.getElementById("page");
if (root) {
  onFailure((error) => failed(root, error));
  main(root).catch((error: unknown) => failed(root, error));
}
