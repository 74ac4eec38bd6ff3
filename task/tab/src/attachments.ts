// The documents that the steps of a build have left as attachments.

import type { Place } from "./host";
import type { Missed } from "./overview";
import { type Budget, Refusal, eachOf, text } from "./rest";
import { sentenceOf } from "./text";

const TYPE = "patkeeper";
/** The first that is taken. An interface that is in preview takes its version with that word only. */
const VERSIONS = ["7.0", "7.0-preview", "6.0", "6.0-preview"] as const;
/** Documents fetched at once, and of one build at all. */
const AT_A_TIME = 4;
const MOST = 200;
/** Letters of a step's id that are enough to tell two apart. */
const TELLING = 8;

/** One attachment, not fetched yet. */
export interface Attachment {
  /** `PatMonitor.json`, with the step's record where a build has several of the name. */
  readonly title: string;
  readonly name: string;
  /** Where the service says that it is. */
  readonly href: string | undefined;
  /** The step that left it, by its record's id. */
  readonly record: string | undefined;
}

/** A document's text, or why it could not be fetched. */
export type Fetched = { readonly title: string; readonly text: string } | Missed;

/** The attachments of a build, whichever of its steps and attempts left them. */
export async function attachments(place: Place, build: number): Promise<readonly Attachment[]> {
  const body = await versioned(new URL(`${encodeURIComponent(place.project)}/_apis/build/builds/${build}/attachments/${TYPE}`, place.collection));
  const listed = (body as { value?: unknown } | null)?.value;
  if (!Array.isArray(listed)) {
    throw new Error("Azure DevOps answered the question for this build's attachments with something else than a list.");
  }
  const found = listed.map((entry: unknown) => {
    const { name, _links: links } = (entry ?? {}) as Record<string, unknown>;
    const self = ((links ?? {}) as Record<string, unknown>)["self"];
    const { href } = (self ?? {}) as Record<string, unknown>;
    return { name: typeof name === "string" ? name : "(no name)", ...(typeof href === "string" ? { href, record: record(href) } : { href: undefined, record: undefined }) };
  });
  const times = new Map<string, number>();
  for (const { name } of found) {
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  return found.map((a) => ({ ...a, title: times.get(a.name) !== 1 ? `${a.name} (step ${a.record?.slice(0, TELLING) ?? "not named"})` : a.name }));
}

/** Fetches them, some at a time. One that fails keeps none of the others away. `progress` hears how many are done. */
export async function fetchAll(place: Place, all: readonly Attachment[], budget: Budget, progress?: (done: number, of: number) => void): Promise<Fetched[]> {
  const wanted = all.slice(0, MOST);
  let done = 0;
  const fetched = await eachOf(wanted, AT_A_TIME, async (attachment): Promise<Fetched> => {
    try {
      return { title: attachment.title, text: await text(address(place.collection, attachment.href), place.collection.origin, budget) };
    } catch (error) {
      return { name: attachment.title, words: sentenceOf(error) };
    } finally {
      done += 1;
      progress?.(done, wanted.length);
    }
  });
  return [...fetched, ...all.slice(MOST).map(({ title }) => ({ name: title, words: `only the first ${MOST} documents of a build are read.` }))];
}

/** The answer to the first version of the API that is not refused. */
export async function versioned(address: URL, budget?: Budget): Promise<unknown> {
  let last: unknown;
  for (const version of VERSIONS) {
    address.searchParams.set("api-version", version);
    try {
      return JSON.parse(await text(address, address.origin, budget)) as unknown;
    } catch (error) {
      last = error;
      if (error instanceof SyntaxError) {
        throw new Error("Azure DevOps answered with something else than JSON. A sign-in may have ended: reload the page.");
      }
      if (!(error instanceof Refusal) || error.status !== 400) {
        break;
      }
    }
  }
  throw new Error(`The build could not be asked for: ${sentenceOf(last)}`);
}

/** Everything after this belongs to no organization or project. */
const BUILDS = "/_apis/build/builds/";

/**
 * Where an attachment is fetched from: the service's own link. An organization has two addresses, and a link that
 * names the other one is asked for at ours, so that the sign-in goes nowhere else.
 */
function address(collection: URL, href: string | undefined): URL {
  if (href === undefined || !URL.canParse(href)) {
    throw new Error("Azure DevOps lists it without a link");
  }
  const link = new URL(href);
  const name = organization(collection);
  if (link.origin === collection.origin && name !== organization(link)) {
    throw new Error("its link leads to another organization, and the sign-in is for this one");
  }
  if (link.origin === collection.origin || name === undefined || name !== organization(link) || link.protocol !== "https:") {
    return link;
  }
  const at = link.pathname.indexOf(BUILDS);
  const before = link.pathname.slice(0, at).split("/").at(-1);
  if (at < 0 || before === undefined || before === "") {
    return link;
  }
  return new URL(`${before}${link.pathname.slice(at)}${link.search}`, collection);
}

/** The organization of an address of Azure DevOps Services, in either of its forms. */
function organization(url: URL): string | undefined {
  const host = /^([a-z0-9-]+)\.visualstudio\.com$/.exec(url.hostname)?.[1];
  const path = url.hostname === "dev.azure.com" ? url.pathname.split("/")[1]?.toLowerCase() : undefined;
  return host ?? path;
}

/** What stands before `attachments` in the link. */
function record(href: string): string | undefined {
  const parts = href.split(/[/?]/);
  const at = parts.lastIndexOf("attachments");
  return at > 0 ? parts[at - 1] : undefined;
}
