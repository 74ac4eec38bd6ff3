// Text of strangers, made harmless for a page: names and messages are written by someone else, and a text node alone
// does not stop them from looking like something they are not. The rules have their own for what they write; states
// that are shown without them need this one.

/** Stands for whatever was taken out. */
const REPLACEMENT = "\ufffd";

/** What cannot be seen or changes how its surroundings are shown; emoji keep their variation selectors. */
const HIDDEN = /(?:(?![\ufe0e\ufe0f])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufff9-\ufffb])+/gu;

/** More marks on one letter than any script needs; they would run over the lines above and below. */
const PILED = /(\p{M}{4})\p{M}+/gu;

/** Only text outside ASCII, or with a control character in it, needs a closer look. */
const PLAIN = /^[\x20-\x7e]*$/;

/** One line of visible text. */
export function visible(text: string): string {
  if (PLAIN.test(text)) {
    return text;
  }
  return text.replace(HIDDEN, REPLACEMENT).replace(PILED, "$1");
}

/** A name, or words where it shows nothing. */
export function nameOf(text: string): string {
  const seen = visible(text).trim();
  return seen === "" ? "(no name)" : seen;
}

/** Letters of a name in a list of many. */
const SHORT = 60;

/** Short enough for a list of many. */
export function shortened(text: string): string {
  const letters = [...visible(text)];
  return letters.length > SHORT ? `${letters.slice(0, SHORT - 1).join("")}…` : letters.join("");
}

/** `1 PAT`, `5,000 PATs`. */
export function counted(count: number, one: string, many: string): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** `5,000`. */
export function number(count: number): string {
  return count.toLocaleString("en-US");
}

/** The UTC day of a moment in milliseconds: `2026-12-01`. */
export function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Words of whatever was thrown. */
export function wordsOf(error: unknown): string {
  // What the host rejects with comes as a plain object: messages between windows keep no class.
  if (typeof error === "object" && error !== null && "message" in error && typeof error.message === "string") {
    return error.message;
  }
  return String(error);
}

/** The same as a sentence of its own. */
export function sentenceOf(error: unknown): string {
  const words = wordsOf(error);
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
