// Reading from the organization's own REST API: only from its origin, only GET, bounded in time and size.

import { token } from "./host";

/** Longest wait for one answer, its body included. */
const ANSWER_MS = 60_000;
/** Largest answer. Documents are cut to a quarter of this by the steps that write them. */
const LARGEST = 32 * 1024 * 1024;

/** An answer that is none; its message says what happened, to what, and what to check. */
export class Refusal extends Error {
  constructor(
    readonly status: number | undefined,
    message: string,
  ) {
    super(message);
  }
}

/** What several answers may take together. */
export class Budget {
  #bytes: number;
  readonly #until: number;

  constructor(
    /** Whose answers these are. */
    readonly what: string,
    readonly bytes: number,
    readonly ms: number,
    /** What it is a part of. */
    readonly whole?: Budget,
  ) {
    this.#bytes = bytes;
    this.#until = performance.now() + ms;
  }

  /** How long one more answer may take, in milliseconds. Throws where nothing more is read. */
  next(): number {
    const left = Math.min(this.#until - performance.now(), this.whole?.next() ?? ANSWER_MS);
    if (left <= 0) {
      throw new Refusal(undefined, `${this.what} took longer than ${this.ms / 1000} seconds together, so this one was not waited for`);
    }
    this.take(0);
    return left;
  }

  /** Uses up so many bytes. Throws where that is more than there are. */
  take(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) {
      throw new Refusal(undefined, `${this.what} are larger than ${megabytes(this.bytes)} together, and no more than that is read`);
    }
    this.whole?.take(bytes);
  }
}

/** The text at an address, which has to be at `origin`. */
export async function text(address: URL, origin: string, budget?: Budget): Promise<string> {
  if (address.origin !== origin || address.username !== "" || address.password !== "") {
    throw new Refusal(undefined, `it is said to be at ${address.origin === "null" ? `an address that begins with ${address.protocol}` : address.origin}, and the sign-in is sent to ${origin} only`);
  }
  const patience = Math.min(ANSWER_MS, budget?.next() ?? ANSWER_MS);
  const bearer = await token();
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), patience);
  try {
    const answer = await fetch(address, {
      headers: { Authorization: `Bearer ${bearer}`, Accept: "application/json, application/octet-stream" },
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: abort.signal,
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new Refusal(answer.status, refusal(answer.status));
    }
    // What answers a token that it does not take with a page to sign in at, says 203.
    if (answer.status === 203) {
      await answer.body?.cancel();
      throw new Refusal(203, "Azure DevOps asks for a sign-in (203): reload the page");
    }
    return await bounded(answer, budget);
  } catch (error) {
    if (error instanceof Refusal) {
      throw error;
    }
    throw new Refusal(undefined, abort.signal.aborted ? `no complete answer within ${Math.ceil(patience / 1000)} seconds: try again` : "the request failed on its way: check the network, a proxy, or a blocking extension of the browser; a redirect is not followed");
  } finally {
    clearTimeout(timer);
  }
}

async function bounded(answer: Response, budget: Budget | undefined): Promise<string> {
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let size = 0;
  let all = "";
  while (reader) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    size += value.byteLength;
    try {
      budget?.take(value.byteLength);
      if (size > LARGEST) {
        throw new Refusal(undefined, `it is larger than ${megabytes(LARGEST)}, and no step of Patkeeper leaves such a document`);
      }
    } catch (error) {
      await reader.cancel();
      throw error;
    }
    all += decoder.decode(value, { stream: true });
  }
  return all + decoder.decode();
}

function megabytes(bytes: number): string {
  return `${bytes / 1024 / 1024} MB`;
}

function refusal(status: number): string {
  switch (status) {
    case 401:
      return "Azure DevOps did not take the sign-in (401): reload the page";
    case 403:
      return "Azure DevOps refused it (403): check that you may view this build";
    case 404:
      return "Azure DevOps does not have it (404): retention may have deleted it";
    case 429:
      return "Azure DevOps asks to slow down (429): try again in some minutes";
    default:
      return status >= 500 ? `Azure DevOps failed (${status}): try again later` : `Azure DevOps answered ${status}`;
  }
}

/** Does all of it, so many at a time, in order. */
export async function eachOf<T, R>(all: readonly T[], atATime: number, work: (one: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < all.length; i = next++) {
      results[i] = await work(all[i] as T, i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, all.length) }, worker));
  return results;
}
