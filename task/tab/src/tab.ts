// The results tab of a build in Azure DevOps.

import { Health, trendPoint } from "patkeeper-web";
import { type Fetched, attachments, fetchAll } from "./attachments";
import { earlier } from "./history";
import { NoBuild, type Place, fitHost, place, ready, shakeHands } from "./host";
import { showPage, started } from "./page";
import { failed, loading, noBuild, nothing, refused, unfetched, withoutRules } from "./states";
import { watchTheme } from "./theme";
import { trend } from "./trend";
import { RulesUnavailable, besidePage, loadRules } from "./wasm";
import type { Missed } from "./overview";

const RULES = "patkeeper_web_bg.wasm";

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
  await look(root, again);
  ready();
}

/** From the host's answers to the page, or to words that say why there is none. */
async function look(root: HTMLElement, again: () => void): Promise<void> {
  loading(root, "Looking for what this build's steps have left.");
  // Both are needed; why the rules cannot run is told only where there is something to judge.
  const rules = loadRules(() => besidePage(RULES)).then(
    () => undefined,
    (error: unknown) => error,
  );
  let here: Place;
  let fetched: readonly Fetched[];
  try {
    here = await place();
    const found = await attachments(here, here.build.id);
    if (found.length === 0) {
      nothing(root, here.build.running, again);
      return;
    }
    fetched = await fetchAll(here, found);
  } catch (error) {
    if (error instanceof NoBuild) {
      noBuild(root, again);
    } else {
      refused(root, error, again);
    }
    return;
  }
  const missed = fetched.filter((one): one is Missed => "words" in one);
  if (missed.length === fetched.length) {
    unfetched(root, missed, again);
    return;
  }
  const blocked = await rules;
  if (blocked instanceof RulesUnavailable) {
    withoutRules(root, blocked);
    return;
  }
  try {
    await draw(root, here, fetched, missed);
  } catch (error) {
    failed(root, error);
  }
}

async function draw(root: HTMLElement, here: Place, fetched: readonly Fetched[], missed: readonly Missed[]): Promise<void> {
  started();
  const health = new Health(Date.now());
  const texts: string[] = [];
  for (const document of fetched) {
    if ("text" in document) {
      health.add(document.title, document.text);
      texts.push(document.text);
    }
  }
  const before = trend();
  await showPage(root, health, missed, before.section);
  if (!before.section.isConnected) {
    return;
  }
  // The page stands by now: whatever fails here is said in its own place.
  earlier(here, before.progress).then(
    (builds) => before.draw(builds, missed.length > 0 ? undefined : trendPoint(texts)),
    before.failed,
  );
}

const root = document.getElementById("page");
if (root) {
  main(root).catch((error: unknown) => failed(root, error));
}
