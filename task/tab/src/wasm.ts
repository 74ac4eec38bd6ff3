// The rules of Patkeeper itself, compiled for the browser.

import init from "patkeeper-web";
import { wordsOf } from "./text";

/** Why the rules cannot run here. */
export class RulesUnavailable extends Error {
  constructor(
    /** `blocked`: the browser has them and may not run them. */
    readonly kind: "old" | "blocked" | "lost",
    message: string,
  ) {
    super(message);
  }
}

/** Makes the rules ready. They are compiled from their bytes, since not every host sends the type that streaming needs. */
export async function loadRules(bytes: () => Promise<ArrayBuffer>): Promise<void> {
  if (typeof WebAssembly !== "object") {
    throw new RulesUnavailable("old", "this browser has no WebAssembly, or it is switched off");
  }
  const code = await bytes().catch((error: unknown) => {
    throw error instanceof RulesUnavailable ? error : new RulesUnavailable("lost", wordsOf(error));
  });
  try {
    await init({ module_or_path: await WebAssembly.compile(code) });
  } catch (error) {
    throw new RulesUnavailable("blocked", wordsOf(error));
  }
}

/** The file beside the page. */
export async function besidePage(name: string): Promise<ArrayBuffer> {
  const answer = await fetch(new URL(name, document.baseURI), { credentials: "omit" });
  if (!answer.ok) {
    throw new Error(`${name} was answered with ${answer.status}`);
  }
  return answer.arrayBuffer();
}

/** The text of an element, which is base64. */
export async function insidePage(id: string): Promise<ArrayBuffer> {
  const text = document.getElementById(id)?.textContent?.trim();
  if (text === undefined || text === "") {
    throw new Error("the file is not complete");
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  // A loop: for a million bytes, Uint8Array.from with a function takes a quarter of the time to the first paint.
  for (let at = 0; at < binary.length; at += 1) {
    bytes[at] = binary.charCodeAt(at);
  }
  return bytes.buffer;
}
