// Patkeeper's rules, as long as they can be asked. Once they have stopped in the middle of an answer, what they hold is
// not to be relied on, and nothing is asked of them any more.

import { Health, type Trend, trendPoint } from "patkeeper-web";
import { wordsOf } from "./text";

/** The rules have stopped. Whoever catches this must not go on as if an answer were missing. */
export class Stopped extends Error {}

let stopped: Stopped | undefined;

/** `Health` that is never asked again once anything has made the rules stop. */
export function health(nowMs: number): Health {
  return new Proxy(asked(() => new Health(nowMs)), {
    get: (inner, name) => {
      const value: unknown = Reflect.get(inner, name, inner);
      return typeof value === "function" ? (...given: readonly unknown[]) => asked(() => Reflect.apply(value, inner, given) as unknown) : value;
    },
  });
}

/** What a build came to, or why that is not known, by the texts of all its documents. */
export function trendOf(texts: string[]): Trend {
  return asked(() => trendPoint(texts));
}

/** The page asks nothing that is refused (its sliders keep their order), so whatever is thrown is a bug in the rules. */
function asked<T>(question: () => T): T {
  if (stopped) {
    throw stopped;
  }
  try {
    return question();
  } catch (error) {
    stopped = new Stopped(`its rules have stopped (${wordsOf(error)})`, { cause: error });
    throw stopped;
  }
}
