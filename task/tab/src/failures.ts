// Bugs that nobody has caught: whatever happens after the page was drawn ends here, not in silence.

/** Calls with each error of the page's own that nobody has caught. */
export function onFailure(tell: (error: Error) => void): void {
  addEventListener("error", (event) => {
    // Without an error it is a notice of the browser's, e.g. that sizes are observed a frame later.
    if (ours(event.error)) {
      tell(event.error);
    }
  });
  addEventListener("unhandledrejection", (event) => {
    // What the host refuses comes as a plain object, and takes nothing away from what the page shows.
    if (ours(event.reason)) {
      tell(event.reason);
    }
  });
}

/** Extensions of the browser run scripts in the page, too. */
function ours(error: unknown): error is Error {
  return error instanceof Error && !/\b[a-z-]+-extension:\/\//.test(error.stack ?? "");
}
