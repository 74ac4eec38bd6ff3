// What the page says when there is nothing to draw: what is going on, and what to do.

import type { Tone } from "patkeeper-web";
import { button, el, fill } from "./dom";
import { type Missed, documentList } from "./overview";
import { sign } from "./tone";
import { RulesUnavailable } from "./wasm";
import { sentenceOf } from "./text";

interface State {
  readonly tone: Tone;
  readonly title: string;
  readonly words: readonly string[];
  /** What to do, one of these. */
  readonly ways?: readonly string[];
  readonly missed?: readonly Missed[];
  /** Tries once more. */
  readonly again?: () => void;
}

const ELSEWHERE = "The step's log says everything in words, and so does the build's Extensions tab.";

function show(root: HTMLElement, state: State): void {
  fill(
    root,
    el(
      "header",
      { class: `verdict state tone-${state.tone}` },
      el("div", { class: "verdict-sign" }, sign(state.tone, true)),
      el(
        "div",
        { class: "verdict-words", role: "status" },
        el("h1", {}, state.title),
        ...state.words.map((words) => el("p", {}, words)),
        state.missed !== undefined && state.missed.length > 0 && documentList(state.missed),
        state.ways !== undefined && el("ul", { class: "ways" }, ...state.ways.map((way) => el("li", {}, way))),
        state.again && button({ class: "push" }, state.again, "Try again"),
      ),
    ),
  );
  root.removeAttribute("aria-busy");
}

/** While something is under way. What is returned says how it goes on. */
export function loading(root: HTMLElement, what: string): (now: string) => void {
  root.setAttribute("aria-busy", "true");
  const words = el("p", {}, what);
  fill(root, el("div", { class: "loading", role: "status" }, el("span", { class: "spinner", "aria-hidden": "true" }), words));
  return (now) => fill(words, now);
}

/** No task of ours has left a document. `steps`: those that have ended all the same. */
export function nothing(root: HTMLElement, running: boolean, steps: readonly Missed[], again: () => void): void {
  show(root, {
    tone: steps.length > 0 ? "unknown" : "notice",
    missed: steps,
    title: running ? "Nothing to show yet" : "This build has nothing to show here",
    words: [
      running
        ? "The build is still running, and none of its steps has left a document for this page so far. A step leaves one when it ends."
        : "None of its steps has left a document for this page. PatMonitor, PatRotate, PatRevoke and PatAudit leave one each when they end.",
    ],
    ways: running
      ? ["Wait until a Patkeeper step has ended, then try again."]
      : [
          "Did a Patkeeper step run at all? A step that was skipped or cancelled, that ran out of time, or that refused its inputs, leaves nothing: see its log.",
          "Does the step run with restricted commands (target: commands: restricted)? Then the agent drops attachments. The log and the output variables are complete all the same.",
          "Is the run older than this version of the extension, or have its attachments been deleted by retention? Run it again.",
        ],
    again,
  });
}

/** The build's documents are there, and none could be fetched. Not a word on health: nothing is known. */
export function unfetched(root: HTMLElement, missed: readonly Missed[], again: () => void): void {
  show(root, {
    tone: "unknown",
    title: "The documents of this build could not be read",
    words: ["So nothing is known here about its PATs. This does not mean that they are fine."],
    missed,
    ways: [ELSEWHERE],
    again,
  });
}

/** Azure DevOps did not tell where we are, or refused the list of documents. */
export function refused(root: HTMLElement, error: unknown, again: () => void): void {
  show(root, {
    tone: "unknown",
    title: "What this build left could not be looked up",
    words: [sentenceOf(error), "So nothing is known here about its PATs. This does not mean that they are fine."],
    ways: [
      "Reload the page: a sign-in may have ended.",
      "Check that you may view this build and its pipeline.",
      ELSEWHERE,
    ],
    again,
  });
}

/** Azure DevOps shows the tab without saying for which build. */
export function noBuild(root: HTMLElement, again: () => void): void {
  show(root, {
    tone: "unknown",
    title: "Azure DevOps has not said which build this is",
    words: ["The page asked, and got no answer with a build in it. So nothing is known here about its PATs."],
    ways: ["Reload the page, and open the tab once the build's summary is there.", ELSEWHERE],
    again,
  });
}

/** The rules cannot run in this browser, so nothing is judged: there is no second, simpler judge. */
export function withoutRules(root: HTMLElement, error: RulesUnavailable, elsewhere = ELSEWHERE): void {
  const title: Readonly<Record<RulesUnavailable["kind"], string>> = {
    old: "This browser cannot run the page's rules",
    blocked: "This browser is not allowed to run the page's rules",
    lost: "The page's rules could not be loaded",
  };
  const ways: Readonly<Record<RulesUnavailable["kind"], readonly string[]>> = {
    old: ["Open it in a current Edge, Chrome, Firefox or Safari."],
    blocked: [
      "WebAssembly may be switched off by a policy of your organization or by an extension of the browser: try another browser or profile.",
      "A proxy or gateway may add a Content-Security-Policy without 'wasm-unsafe-eval'.",
    ],
    lost: ["Reload the page.", "A proxy may refuse files of type .wasm."],
  };
  show(root, {
    tone: "unknown",
    title: title[error.kind],
    words: [
      "PATs are judged by Patkeeper's own rules, compiled to WebAssembly, and by nothing else. Without them this page says nothing about health.",
      `The browser's words: ${error.message}`,
    ],
    ways: [...ways[error.kind], elsewhere],
  });
}

/** A bug of the page. Whatever it showed is taken away: it may be wrong, and would no longer answer. */
export function failed(root: HTMLElement, error: unknown, elsewhere = ELSEWHERE): void {
  show(root, {
    tone: "unknown",
    title: "This page has failed",
    words: [`That is a bug in Patkeeper's page: ${sentenceOf(error)}`, "So nothing is known here about the PATs. What stood here before is not to be relied on."],
    ways: ["Reload the page.", elsewhere],
  });
}
