'use strict';
// How long the HTML report with 5,000 PATs takes from the start of its loading to its first paint with them in it:
// prints the median of several loads, each in a browser page of its own, in milliseconds.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const documents = require('./documents');
const { launch, open } = require('./browser');

const PATS = 5_000;
const LOADS = 9;
const TEMPLATE = path.join(__dirname, '..', '..', '..', 'target', 'page', 'report.html');

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'patkeeper-paint-'));
  const file = path.join(folder, 'patkeeper.html');
  fs.writeFileSync(file, documents.inFile(fs.readFileSync(TEMPLATE, 'utf8'), { 'patkeeper.json': documents.many(PATS) }));
  const browser = await launch();
  try {
    const loads = [];
    for (let load = 0; load < LOADS; load++) {
      const { page } = await open(browser, { realTime: true });
      await page.goto(pathToFileURL(file).href);
      await page.waitForFunction(() => performance.getEntriesByName('patkeeper:first-paint', 'measure').length > 0);
      loads.push(await page.evaluate(() => {
        const [{ startTime, duration }] = performance.getEntriesByName('patkeeper:first-paint', 'measure');
        return { sinceLoading: startTime + duration, sinceReading: duration, rows: document.querySelectorAll('tbody tr').length };
      }));
      await page.close();
    }
    if (!loads.every((load) => load.rows > 0)) throw new Error('a first paint without rows');
    console.log(JSON.stringify({
      sinceLoading: median(loads.map((load) => load.sinceLoading)),
      sinceReading: median(loads.map((load) => load.sinceReading)),
      megabytes: fs.statSync(file).size / 1e6,
    }));
  } finally {
    await browser.close();
    fs.rmSync(folder, { recursive: true });
  }
}

main();
