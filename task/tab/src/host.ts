// The Azure DevOps page around the tab: which build it shows, and where its organization's REST API is.

import * as SDK from "azure-devops-extension-sdk";

/** How long the host may take for an answer. */
const HOST_MS = 15_000;
/** How long a page may take to learn its own build, and how often it is asked. */
const BUILD_MS = 10_000;
const ASK_AGAIN_MS = 400;

/** The build that the tab is shown for. */
export interface Build {
  readonly id: number;
  /** Its pipeline. */
  readonly definition: number | undefined;
  /** `refs/heads/main`, where the host tells it. */
  readonly branch: string | undefined;
  /** ISO 8601; absent while it runs. */
  readonly finishTime: string | undefined;
  readonly running: boolean;
}

/** Where its documents are. */
export interface Place {
  /** The organization, e.g. `https://dev.azure.com/acme/`. */
  readonly collection: URL;
  /** The project's id or name. */
  readonly project: string;
  readonly build: Build;
}

/** Azure DevOps never said which build it shows. */
export class NoBuild extends Error {}

interface ProjectService {
  getProject(): Promise<{ id?: string; name?: string } | undefined>;
}

interface BuildService {
  getBuildPageData(): Promise<{ build?: unknown } | undefined>;
}

interface LocationService {
  getServiceLocation?(): Promise<string>;
  getResourceAreaLocation?(area: string): Promise<string>;
}

/** The id of the area that builds belong to. */
const BUILD_AREA = "5d6898bb-45ec-463f-95f9-54d49c71752e";

/** Shakes hands with the host; its theme is applied by then. */
export async function shakeHands(): Promise<void> {
  await inTime(SDK.init({ loaded: false, applyTheme: true }), "Azure DevOps did not answer the page's first call.");
}

/** Asks the host where we are. */
export async function place(): Promise<Place> {
  const [project, collection, build] = await Promise.all([projectOf(), collectionOf(), buildOf()]);
  return { collection, project, build };
}

/** A token for the organization's API, as the host hands it out. */
export function token(): Promise<string> {
  return inTime(SDK.getAccessToken(), "Azure DevOps gave no token for reading the build.");
}

/** Tells the host that there is something to see. */
export function ready(): void {
  // A host that does not care takes nothing away from the page.
  SDK.notifyLoadSucceeded().catch(() => undefined);
}

/** Lets the host give the page the room that it takes. */
export function fitHost(root: HTMLElement): void {
  let last = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(root.getBoundingClientRect().height);
    if (height !== last) {
      last = height;
      SDK.resize();
    }
  }).observe(root);
}

async function projectOf(): Promise<string> {
  const asked = await service<ProjectService>("ms.vss-tfs-web.tfs-page-data-service")
    .then((found) => inTime(found.getProject(), ""))
    .catch(() => undefined);
  const project = asked ?? SDK.getWebContext()?.project;
  const name = project?.id ?? project?.name;
  if (name === undefined || name === "") {
    throw new Error("Azure DevOps has not said which project this build belongs to.");
  }
  return name;
}

async function collectionOf(): Promise<URL> {
  const found = await service<LocationService>("ms.vss-features.location-service").catch(() => undefined);
  for (const ask of [() => found?.getServiceLocation?.(), () => found?.getResourceAreaLocation?.(BUILD_AREA)]) {
    const answer = await inTime(Promise.resolve().then(ask), "").catch(() => undefined);
    if (typeof answer === "string" && answer !== "") {
      return trustworthy(answer);
    }
  }
  const host = SDK.getHost();
  if (host?.isHosted && host.name) {
    return trustworthy(`https://dev.azure.com/${encodeURIComponent(host.name)}/`);
  }
  throw new Error("Azure DevOps has not said where the API of this organization is.");
}

/** The token is sent there, so it has to be https, or this very machine. */
function trustworthy(address: string): URL {
  const url = new URL(address);
  const local = url.hostname === "localhost" || url.hostname === "127.0.0.1" || url.hostname === "[::1]";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && local)) {
    throw new Error(`Azure DevOps names ${url.origin} as the API of this organization. Only https is used.`);
  }
  url.pathname = url.pathname.replace(/\/*$/, "/");
  url.search = "";
  url.hash = "";
  return url;
}

async function buildOf(): Promise<Build> {
  const told = buildChanged();
  const asked = await service<BuildService>("ms.vss-build-web.build-page-data-service").catch(() => undefined);
  const until = performance.now() + BUILD_MS;
  while (performance.now() < until) {
    const data = await inTime(Promise.resolve().then(() => asked?.getBuildPageData()), "").catch(() => undefined);
    const build = understood(data?.build) ?? told();
    if (build) {
      return build;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
  throw new NoBuild("Azure DevOps has not said which build this is.");
}

/** The other way in which a host tells of its build: by a callback in the tab's configuration. */
function buildChanged(): () => Build | undefined {
  let last: Build | undefined;
  const { onBuildChanged } = SDK.getConfiguration();
  if (typeof onBuildChanged === "function") {
    onBuildChanged((build: unknown) => {
      last = understood(build) ?? last;
    });
  }
  return () => last;
}

/** A build as the host tells it; its states come as names or as numbers. */
function understood(build: unknown): Build | undefined {
  const { id, definition, sourceBranch, finishTime, status } = (build ?? {}) as Record<string, unknown>;
  if (typeof id !== "number") {
    return undefined;
  }
  const { id: pipeline } = (definition ?? {}) as Record<string, unknown>;
  const finished = finishTime instanceof Date || typeof finishTime === "string" || typeof finishTime === "number" ? new Date(finishTime) : undefined;
  const ended = finished && finished.getTime() > 0 ? finished.toISOString() : undefined;
  return {
    id,
    definition: typeof pipeline === "number" ? pipeline : undefined,
    branch: typeof sourceBranch === "string" && sourceBranch !== "" ? sourceBranch : undefined,
    finishTime: ended,
    running: ended === undefined && status !== "completed" && status !== 2,
  };
}

function service<T>(id: string): Promise<T> {
  return inTime(SDK.getService<T>(id), `Azure DevOps does not offer ${id}.`);
}

function inTime<T>(promise: Promise<T>, words: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(words)), HOST_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
