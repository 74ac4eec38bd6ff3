'use strict';
// A headless Chromium that reaches nothing but this machine, and pages in it that note what they do.
const puppeteer = require('puppeteer-core');
const { NOW } = require('./documents');

/** Says where Chromium is; `cargo xtask` finds it. */
const VARIABLE = 'PATKEEPER_BROWSER';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--force-color-profile=srgb', '--hide-scrollbars',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

/** Its profile is new, and is removed when it is closed. */
const launch = () => puppeteer.launch({ executablePath: process.env[VARIABLE], headless: true, args: FLAGS });

/** In the page: today is the day of the documents, and nobody waits for what takes seconds until the test says so. */
function clock(now) {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) {
      super(...(given.length > 0 ? given : [now]));
    }
    static now() {
      return now;
    }
  };
  const LONG = 5_000;
  const waiting = new Map();
  const { setTimeout: wait, clearTimeout: stop } = globalThis;
  let last = 1e9;
  globalThis.setTimeout = (work, ms = 0, ...given) => {
    if (ms < LONG) return wait(work, ms, ...given);
    waiting.set((last += 1), () => work(...given));
    return last;
  };
  globalThis.clearTimeout = (id) => waiting.delete(id) || stop(id);
  const sincePageStart = performance.now.bind(performance);
  let skipped = 0;
  performance.now = () => sincePageStart() + skipped;
  /** So much time passes: everything that waited for long has waited long enough. */
  globalThis.elapse = (ms) => {
    skipped += ms;
    const due = [...waiting.values()];
    waiting.clear();
    due.forEach((work) => work());
  };
}

/** In the page: the rules stop as wasm does, in the middle of an answer, at questions that match. What they are asked then is counted. */
function breakable(broken) {
  const { instantiate } = WebAssembly;
  globalThis.rules = { broken, asked: [] };
  WebAssembly.instantiate = async (...given) => {
    const instance = await instantiate(...given);
    const exports = Object.fromEntries(Object.entries(instance.exports).map(([name, value]) => [
      name,
      typeof value !== 'function' || name.startsWith('__') ? value : (...parameters) => {
        if (!new RegExp(rules.broken).test(name)) return value(...parameters);
        rules.broken = '';
        rules.asked.push(name);
        throw new WebAssembly.RuntimeError('unreachable');
      },
    ]));
    return Object.create(WebAssembly.Instance.prototype, { exports: { value: exports } });
  };
}

/** A page that notes its requests, and what the browser complains of. */
async function open(browser, { width = 1100, realTime = false, breaksAt } = {}) {
  const page = await browser.newPage();
  const seen = { requests: [], complaints: [], errors: [] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('console', (message) => ['error', 'warn'].includes(message.type()) && seen.complaints.push(message.text()));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  await page.setViewport({ width, height: 900 });
  if (breaksAt) await page.evaluateOnNewDocument(breakable, breaksAt);
  if (!realTime) await page.evaluateOnNewDocument(clock, NOW);
  return { page, seen };
}

module.exports = { VARIABLE, launch, open };
