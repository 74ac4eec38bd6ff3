// What if other thresholds held: a question, answered at once by the same rules, and never the verdict.

import { button, el, fill } from "./dom";
import type { View } from "./view";

/** As far as the sliders go, unless the steps judged by more. */
const MOST_DAYS = 180;

export function whatIf(view: View): HTMLElement {
  const { judgedWarningDays, judgedCriticalDays } = view.judged.thresholds;
  const most = Math.max(MOST_DAYS, judgedWarningDays, judgedCriticalDays);
  const warning = slider("what-if-warning", "Warning when this much is left, or less", most, judgedWarningDays);
  const critical = slider("what-if-critical", "Critical when this much is left, or less", most, judgedCriticalDays);
  const answer = el("p", { class: "what-if-answer", role: "status" });
  const reset = button({ class: "push", disabled: true }, () => {
    set(judgedWarningDays, judgedCriticalDays);
    view.judgeAsReported();
    say();
  }, "As judged");

  const set = (warningDays: number, criticalDays: number): void => {
    warning.set(warningDays);
    critical.set(criticalDays);
  };
  const say = (): void => {
    reset.disabled = !view.whatIf;
    fill(
      answer,
      view.whatIf
        ? `The page shows what would be. The build was judged at ${judgedWarningDays} and ${judgedCriticalDays} days; its verdict stays.`
        : `As judged by the build: warning at ${judgedWarningDays} days, critical at ${judgedCriticalDays}.`,
    );
  };
  let waiting = false;
  const ask = (): void => {
    if (waiting) {
      return;
    }
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (warning.value() === judgedWarningDays && critical.value() === judgedCriticalDays) {
        view.judgeAsReported();
      } else {
        view.judge(warning.value(), critical.value());
      }
      say();
    });
  };
  // A critical threshold over the warning one means nothing, so one pushes the other along.
  warning.input.addEventListener("input", () => {
    set(warning.value(), Math.min(critical.value(), warning.value()));
    ask();
  });
  critical.input.addEventListener("input", () => {
    set(Math.max(warning.value(), critical.value()), critical.value());
    ask();
  });
  say();
  return el(
    "section",
    { class: "section what-if", "aria-labelledby": "what-if" },
    el("div", {}, el("h2", { id: "what-if" }, "What if?"), el("p", { class: "quiet" }, "Try other thresholds on the same PATs.")),
    el("div", { class: "sliders" }, warning.row, critical.row, reset, answer),
  );
}

interface Slider {
  readonly row: HTMLElement;
  readonly input: HTMLInputElement;
  value(): number;
  set(days: number): void;
}

function slider(id: string, label: string, most: number, days: number): Slider {
  const input = el("input", { type: "range", id, min: 0, max: most, step: 1, value: days });
  const output = el("output", { for: id });
  const say = (): void => {
    fill(output, `${input.value} d`);
    input.setAttribute("aria-valuetext", `${input.value} days`);
  };
  say();
  return {
    row: el("div", { class: "slider" }, el("label", { for: id }, label), input, output),
    input,
    value: () => input.valueAsNumber,
    set: (value) => {
      input.value = String(value);
      say();
    },
  };
}
