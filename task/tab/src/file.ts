// The page as one file: documents, rules, style and script are in it, and nothing is fetched.

import { onFailure } from "./failures";
import { showPage, started } from "./page";
import { health } from "./rules";
import { failed, withoutRules } from "./states";
import { RulesUnavailable, insidePage, loadRules } from "./wasm";

const ELSEWHERE = "The step's log says everything in words, and so do the other reports of the run.";

async function main(root: HTMLElement): Promise<void> {
  try {
    await loadRules(() => insidePage("wasm"));
    started();
    const judge = health(Date.now());
    for (const element of document.querySelectorAll<HTMLElement>("script.document")) {
      judge.add(element.dataset["name"] ?? "document", element.textContent ?? "");
    }
    await showPage(root, judge);
  } catch (error) {
    if (error instanceof RulesUnavailable) {
      withoutRules(root, error, ELSEWHERE);
    } else {
      failed(root, error, ELSEWHERE);
    }
  }
}

const root = document.getElementById("page");
if (root) {
  onFailure((error) => failed(root, error, ELSEWHERE));
  void main(root);
}
