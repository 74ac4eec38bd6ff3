'use strict';
// The results tab and the HTML report in a real browser: the very files of the package, in a frame of a host that
// speaks the extension SDK's own protocol, with documents that fit the published schemas.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const Ajv2020 = require('ajv/dist/2020');
const documents = require('./tab/documents');
const fakeHost = require('./tab/fakeHost');
const themes = require('./tab/themes');
const { VARIABLE, launch, open } = require('./tab/browser');
const { eyes } = require('./tab/page');

const ROOT = path.join(__dirname, '..', '..');
const PAGE = path.join(ROOT, 'target', 'page');
const SCREENSHOTS = path.join(ROOT, 'target', 'screenshots');
/** Of a picture, in pixels. */
const TALLEST = 4_000;
const AXE = path.join(__dirname, 'node_modules', 'axe-core', 'axe.min.js');
const { NOW, DAY, pat, report, monday } = documents;

const skip = process.env[VARIABLE] ? false : `${VARIABLE} names no Chromium: cargo xtask test finds one`;

let browser;
test.before(async () => {
  fs.mkdirSync(SCREENSHOTS, { recursive: true });
  if (!skip) browser = await launch();
});
test.after(() => browser?.close());

const inBrowser = (name, work) => test(name, { skip, timeout: 60_000 }, work);

/** One attachment, named as the task names it. */
const left = (task, text, more = {}) => ({ name: `${task}.json`, text, ...more });

/** A build that has left these attachments. */
const leaving = (...attachments) => ({ builds: { [fakeHost.BUILD]: { attachments } } });

/** The tab in its host. `quiet: false` where the browser itself will complain of an answer. */
async function tab(t, scene, { quiet = true, ...options } = {}) {
  const host = await fakeHost.start({ theme: themes.light, ...scene });
  const { page, seen } = await open(browser, options);
  t.after(async () => {
    await page.close();
    host.close();
  });
  await page.goto(host.address);
  const element = await page.waitForSelector('iframe');
  const frame = await element.contentFrame();
  await frame.waitForSelector('main');
  return {
    host, page, frame, seen, ...eyes(frame),
    calls: (name) => page.evaluate((wanted) => window.calls.filter(([method]) => method === wanted), name),
    picture: async (name) => {
      // What is out of sight in a frame is not painted, so all of it is brought into sight first.
      await page.setViewport({ width: page.viewport().width, height: Math.min(TALLEST, await page.$eval('iframe', (one) => one.clientHeight)) });
      await frame.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
      await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
    },
    /** Whatever was shown: nobody else was asked for anything, no policy was broken, nothing was thrown. */
    assertSound() {
      host.assertPolite();
      const known = Object.values(host.origins);
      for (const url of seen.requests) assert.ok(url.startsWith('data:') || known.includes(new URL(url).origin), `a request to ${url}`);
      assert.deepEqual(seen.errors, []);
      // The first is about the host's own frame, which Azure DevOps makes like that, too.
      const expected = quiet ? /^An iframe which has both/ : /^An iframe which has both|Failed to load resource/;
      assert.deepEqual(seen.complaints.filter((words) => !expected.test(words)), []);
    },
  };
}

/** The same documents, asked in Node: what the page has to say. */
async function model(...attachments) {
  const glue = await import(pathToFileURL(path.join(PAGE, 'glue', 'patkeeper_web.js')));
  await glue.default({ module_or_path: fs.readFileSync(path.join(PAGE, 'glue', 'patkeeper_web_bg.wasm')) });
  const health = new glue.Health(NOW);
  for (const { name, text } of attachments) health.add(name, typeof text === 'string' ? text : JSON.stringify(text));
  return health;
}

test('the documents of these tests are what the published schemas describe', () => {
  const fits = (file, document) => {
    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true, uint32: true, int64: true } });
    const valid = ajv.compile(JSON.parse(fs.readFileSync(path.join(ROOT, 'docs', `${file}.schema.json`), 'utf8')));
    assert.ok(valid(document), `${file}: ${ajv.errorsText(valid.errors)}`);
  };
  fits('report', monday());
  fits('report', documents.many(20));
  fits('rotation', documents.rotation());
  fits('revocation', documents.revocation());
  fits('audit', documents.audit());
});

// --- what the page says of every state ---

inBrowser('a build with due PATs: the verdict, the counts, every PAT, what to do', async (t) => {
  const attachment = left('PatMonitor', monday());
  const it = await tab(t, leaving(attachment));
  await it.untilDrawn();
  const health = await model(attachment);
  const overview = health.overview();
  assert.equal(await it.title(), overview.headline);
  await it.unfold();
  const said = await it.text();
  for (const words of [overview.verdict, overview.asOfWords, 'acme', ...overview.notes]) assert.ok(said.includes(words), words);
  assert.deepEqual((await it.chips()).map((chip) => chip.words), overview.counts.map(({ count, label }) => `${count} ${label}`));
  assert.deepEqual(overview.counts.map(({ id, count }) => [id, count]), [['expired', 1], ['critical', 1], ['warning', 2], ['healthy', 3]]);
  assert.deepEqual(await it.names(), ['ci-deploy-prod', 'nuget-feed-sync', 'legacy-all-orgs', 'board-bot', 'vendor-bridge', 'docs-publisher', 'release-notes']);
  assert.ok(said.includes('Make it anew with at most 90 days.'), 'the remedy of a finding');
  assert.ok(said.includes('full-access') && said.includes('lifetime'));
  assert.equal((await it.calls('notifyLoadSucceeded')).length, 1);
  assert.ok((await it.calls('resize')).length > 0);
  await it.picture('tab-light');
  it.assertSound();
});

inBrowser('loading is said, and nothing about health, until the documents are here', async (t) => {
  const it = await tab(t, { builds: { [fakeHost.BUILD]: { list: { hang: true } } } });
  await it.untilSaid('Looking for what this build');
  assert.ok(await it.busy());
  assert.equal(await it.title(), '');
  assert.equal((await it.calls('notifyLoadSucceeded')).length, 1, 'the host shows these words, not its own sign of waiting');
  await it.picture('tab-loading');
  it.assertSound();
});

inBrowser('a build without documents says why, and tries again', async (t) => {
  const builds = { [fakeHost.BUILD]: { attachments: [] } };
  const it = await tab(t, { builds });
  await it.untilSaid('nothing to show here');
  assert.ok(!(await it.busy()));
  assert.doesNotMatch(await it.text(), /healthy/i);
  await it.picture('tab-empty');
  builds[fakeHost.BUILD].attachments.push(left('PatMonitor', monday()));
  await it.press('button', 'Try again');
  await it.untilDrawn();
  assert.equal((await it.names()).length, 7);
  it.assertSound();
});

inBrowser('a build that still runs says so', async (t) => {
  const it = await tab(t, { build: { status: 1, finishTime: undefined }, builds: { [fakeHost.BUILD]: { attachments: [] } } });
  await it.untilSaid('still running');
  await it.picture('tab-running');
  it.assertSound();
});

inBrowser('a build that still runs is never shown as final, and is looked at again', async (t) => {
  const builds = { [fakeHost.BUILD]: { attachments: [left('PatMonitor', documents.healthy())] } };
  const it = await tab(t, { build: { status: 1, finishTime: undefined }, builds });
  await it.untilDrawn();
  assert.match(await it.text(), /This build is still running/);
  assert.equal(await it.frame.evaluate(() => document.querySelector('header [role=img]').getAttribute('aria-label')), 'Notice');
  await it.picture('tab-running-with-reports');
  builds[fakeHost.BUILD].attachments.push(left('PatRotate', documents.rotation()));
  await it.page.evaluate(() => window.buildEnds());
  await it.press('button', 'Look again');
  await it.untilSaid(documents.rotation().sentence);
  assert.doesNotMatch(await it.text(), /still running/);
  it.assertSound();
});

inBrowser('a host that never says which build it shows is said so, after a while', async (t) => {
  const it = await tab(t, { build: null });
  await it.untilSaid('Looking for');
  await it.page.waitForFunction(() => window.calls.filter(([method, ...rest]) => rest.length === 0).length > 3);
  await it.frame.evaluate(() => elapse(20_000));
  await it.until(() => /which build/.test(document.querySelector('h1')?.innerText ?? ''));
  it.assertSound();
});

inBrowser('a host that does not answer is said so, after a while', async (t) => {
  const it = await tab(t, { silent: ['initialHandshake'] });
  await it.page.waitForFunction(() => window.calls.length > 0);
  await it.frame.evaluate(() => elapse(30_000));
  await it.until(() => document.querySelector('h1') !== null);
  assert.match(await it.text(), /did not answer/);
  it.assertSound();
});

for (const [state, schema] of [['new', 'patkeeper.report/2'], ['old', 'patkeeper.report/0']]) {
  inBrowser(`a document of a version that is too ${state} is named, and nothing is guessed from it`, async (t) => {
    const attachment = left('PatMonitor', { ...monday(), schema });
    const it = await tab(t, leaving(attachment));
    await it.untilDrawn();
    const [entry] = (await model(attachment)).overview().documents;
    assert.equal(entry.state, state === 'new' ? 'tooNew' : 'tooOld');
    assert.ok((await it.text()).includes(entry.words), entry.words);
    assert.deepEqual(await it.chips(), []);
    assert.deepEqual(await it.names(), []);
    await it.picture(`tab-too-${state}`);
    it.assertSound();
  });
}

inBrowser('broken documents stand beside good ones, and the page says that it is a part', async (t) => {
  const cut = JSON.stringify(documents.rotation()).slice(0, 200);
  const it = await tab(t, leaving(left('PatMonitor', monday()), left('PatRotate', cut), left('PatAudit', '<html>Sign in</html>')));
  await it.untilDrawn();
  assert.equal((await it.names()).length, 7);
  const said = await it.text();
  assert.match(said, /2 documents are missing from this page/);
  assert.ok(said.includes('PatRotate.json') && said.includes('PatAudit.json'));
  await it.picture('tab-broken');
  it.assertSound();
});

inBrowser('a step that ended without a document is named beside the ones that left one', async (t) => {
  const step = (number, name, result, more = {}) => ({ id: `33330000-0000-4000-8000-00000000000${number}`, type: 'Task', name, task: { id: fakeHost.TASKS.PatMonitor.toUpperCase() }, state: 'completed', result, ...more });
  const build = {
    attachments: [left('PatMonitor', documents.healthy())],
    steps: [
      step(1, 'Look at <b>every</b> token', 'failed'), step(2, 'Not wanted today', 'skipped'), step(3, 'Still at work', null, { state: 'inProgress' }),
      step(4, 'Somebody else', 'failed', { task: { id: documents.guid(4) } }), step(5, 'Nobody', 'failed', { task: null }), null,
    ],
  };
  const it = await tab(t, { builds: { [fakeHost.BUILD]: build } });
  await it.untilDrawn();
  const said = await it.text();
  assert.match(said, /Look at <b>every<\/b> token: this step failed and left no document/);
  for (const name of ['Not wanted today', 'Still at work', 'Somebody else', 'Nobody', 'Step 1']) assert.ok(!said.includes(name), name);
  assert.notEqual(await it.frame.evaluate(() => document.querySelector('header [role=img]').getAttribute('aria-label')), 'Fine');
  await it.picture('tab-silent-step');
  build.attachments.length = 0;
  await it.frame.evaluate(() => location.reload());
  await it.untilSaid('nothing to show here');
  assert.match(await it.text(), /this step failed and left no document/);
  it.assertSound();
});

inBrowser('where the steps of a build cannot be looked up, the page stands and notes it', async (t) => {
  const it = await tab(t, { builds: { [fakeHost.BUILD]: { attachments: [left('PatMonitor', documents.healthy())], steps: null } } }, { quiet: false });
  await it.untilDrawn();
  assert.match(await it.title(), /healthy/);
  assert.match(await it.text(), /Which steps of this build have ended could not be looked up/);
  it.assertSound();
});

inBrowser('a document over the bound of all together is named, and a build of too many is read in part', async (t) => {
  const big = JSON.stringify(documents.healthy()).padEnd(31 * 1024 * 1024);
  const it = await tab(t, leaving(left('PatMonitor', documents.healthy()), ...Array.from({ length: 9 }, () => left('PatAudit', big)), ...Array.from({ length: 192 }, () => left('PatRotate', 'x'))), { quiet: false });
  await it.until(() => document.querySelector('h1') !== null);
  await it.untilDrawn();
  await it.unfold();
  const said = await it.text();
  assert.match(said, /larger than 256 MB together/);
  assert.match(said, /only the first 200 documents/);
  it.host.assertPolite();
});

for (const status of [401, 403, 500]) {
  inBrowser(`the list of documents answered ${status} is no health, and trying again works`, async (t) => {
    const build = { list: { status }, attachments: [left('PatMonitor', documents.healthy())] };
    const it = await tab(t, { builds: { [fakeHost.BUILD]: build } }, { quiet: false });
    await it.untilSaid(`(${status})`);
    assert.ok(!(await it.busy()));
    assert.match(await it.text(), /nothing is known/);
    assert.doesNotMatch(await it.text(), /healthy/i);
    if (status === 403) await it.picture('tab-refused');
    delete build.list;
    await it.press('button', 'Try again');
    await it.untilDrawn();
    assert.equal((await it.names()).length, 2);
    it.assertSound();
  });
}

inBrowser('a document that is refused, gone or never comes is missed beside the ones that came', async (t) => {
  const it = await tab(
    t,
    leaving(left('PatMonitor', monday()), left('PatRotate', {}, { status: 403 }), left('PatRevoke', {}, { status: 404 }), left('PatAudit', {}, { hang: true })),
    { quiet: false },
  );
  await it.until(() => document.querySelector('main').getAttribute('aria-busy') === 'true');
  await it.host.hanging;
  await it.untilSaid('3 of 4 documents');
  await it.frame.evaluate(() => elapse(120_000));
  await it.untilDrawn();
  assert.match(await it.title(), /3 of 4 .*could not be read/);
  const said = await it.text();
  for (const words of ['(403)', '(404)', 'no complete answer']) assert.ok(said.includes(words), words);
  assert.equal((await it.names()).length, 7);
  await it.picture('tab-missed');
  it.assertSound();
});

inBrowser('where every document is refused, nothing is said about health', async (t) => {
  const it = await tab(t, leaving(left('PatMonitor', {}, { status: 500 })), { quiet: false });
  await it.untilSaid('could not be read');
  assert.match(await it.text(), /does not mean that they are fine/);
  assert.deepEqual(await it.chips(), []);
  it.assertSound();
});

inBrowser('a browser that may not run wasm says so, and judges nothing by other means', async (t) => {
  const it = await tab(t, { ...leaving(left('PatMonitor', monday())), tabPolicy: "script-src 'self'" }, { quiet: false });
  await it.untilSaid('not allowed to run');
  const said = await it.text();
  assert.match(said, /WebAssembly/);
  assert.doesNotMatch(said, /expired|healthy|ci-deploy-prod/i);
  assert.deepEqual(it.seen.errors, []);
  await it.picture('tab-wasm-blocked');
  it.host.assertPolite();
});

inBrowser('a list in an older version of the API is read where the newer one is refused', async (t) => {
  const build = { attachments: [left('PatMonitor', monday())] };
  const asked = [];
  const list = (url) => {
    asked.push(url.searchParams.get('api-version'));
    if (asked.at(-1).startsWith('7.0')) return { status: 400, body: '{"message":"not supported"}' };
    delete build.list;
    const href = `${it.host.origins.host}/acme/${encodeURIComponent(fakeHost.PROJECT.id)}/_apis/build/builds/${fakeHost.BUILD}/11110000-0000-4000-8000-000000000001/22220000-0000-4000-8000-000000000001/attachments/patkeeper/PatMonitor.json`;
    return { body: JSON.stringify({ value: [{ name: 'PatMonitor.json', _links: { self: { href } } }] }) };
  };
  const it = await tab(t, { builds: { [fakeHost.BUILD]: build } }, { quiet: false });
  await it.untilDrawn();
  build.list = list;
  await it.frame.evaluate(() => location.reload());
  await it.page.waitForFunction(() => window.calls.filter(([method]) => method === 'initialHandshake').length === 2);
  await it.untilDrawn();
  assert.match(asked.at(-1), /^6\.0/);
  assert.equal((await it.names()).length, 7);
});

// --- themes ---

for (const [name, theme] of Object.entries(themes).filter(([name]) => name !== 'light')) {
  inBrowser(`the host's ${name} theme is worn, and text can be read on it`, async (t) => {
    const it = await tab(t, { ...leaving(left('PatMonitor', monday()), left('PatRotate', documents.rotation())), theme });
    await it.untilDrawn();
    const colors = await it.frame.evaluate(() => ({ text: getComputedStyle(document.querySelector('h1')).color, under: getComputedStyle(document.body).backgroundColor }));
    assert.equal(colors.under, theme['background-color'].replace(/rgba\((.*), 1\)/, 'rgb($1)'));
    const [dark, light] = [colors.under, colors.text].map((color) => Number(/\d+/.exec(color)[0]));
    assert.ok(light > dark + 100, `${colors.text} on ${colors.under}`);
    await it.picture(`tab-${name}`);
    it.assertSound();
  });
}

inBrowser('a theme chosen while the page is open is worn at once', async (t) => {
  const it = await tab(t, leaving(left('PatMonitor', monday())));
  await it.untilDrawn();
  await it.page.evaluate((theme) => window.chooseTheme(theme), themes.dark);
  await it.until(() => getComputedStyle(document.body).backgroundColor === 'rgb(32, 31, 30)');
  await it.until(() => document.documentElement.dataset.theme === 'dark');
  it.assertSound();
});

for (const name of ['light', 'dark', 'highContrast']) {
  inBrowser(`no serious barrier is found by axe in the ${name} theme`, async (t) => {
    const it = await tab(t, { ...leaving(left('PatMonitor', monday()), left('PatRotate', documents.rotation()), left('PatRevoke', documents.revocation())), theme: themes[name] });
    await it.untilDrawn();
    await it.unfold();
    await it.press('button', 'nuget-feed-sync');
    await it.frame.evaluate(fs.readFileSync(AXE, 'utf8'));
    const found = await it.frame.evaluate(async () => (await axe.run(document, { resultTypes: ['violations'] })).violations);
    const serious = found.filter((one) => ['serious', 'critical'].includes(one.impact));
    assert.deepEqual(serious.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 150)} ${node.any[0]?.message ?? ''}`).join(' | ')}`), []);
  });
}

// --- the keyboard ---

inBrowser('everything is reached by the Tab key, in the order in which it is read', async (t) => {
  const it = await tab(t, leaving(left('PatMonitor', monday())));
  await it.untilDrawn();
  await it.frame.evaluate(() => window.focus());
  const stops = [];
  for (let i = 0; i < 60 && !stops.at(-1)?.inTable; i++) {
    await it.page.keyboard.press('Tab');
    stops.push(await it.focus());
  }
  const at = (what, is) => {
    const found = stops.findIndex(is);
    assert.ok(found >= 0, `${what} is not reached by Tab: ${JSON.stringify(stops)}`);
    return found;
  };
  const path = [
    at('a chip', (one) => /^1 expired/i.test(one.label)),
    at('the timeline', (one) => one.role === 'button' && /2026-11-2/.test(one.label)),
    at('the slider', (one) => one.type === 'range'),
    at('the search', (one) => one.type === 'search'),
    at('a filter', (one) => one.tag === 'SELECT'),
    at('a column', (one) => one.inHead),
    at('a row', (one) => one.inTable),
  ];
  assert.deepEqual(path, [...path].sort((a, b) => a - b), JSON.stringify(stops));
  assert.equal(stops.at(-1).label, 'ci-deploy-prod');
  await it.page.keyboard.press('Enter');
  await it.until(() => document.activeElement.getAttribute('aria-expanded') === 'true');
  assert.ok((await it.text()).includes('00000001-0000-4000-8000-000000000000'), 'the details');
  await it.picture('tab-row-open');
  await it.page.keyboard.press('Escape');
  await it.until(() => document.activeElement.getAttribute('aria-expanded') === 'false');
  it.assertSound();
});

inBrowser('days of the timeline are walked by arrow keys, and Enter shows a day in the table', async (t) => {
  const it = await tab(t, leaving(left('PatMonitor', monday())));
  await it.untilDrawn();
  await (await it.frame.waitForSelector('[role=button][aria-label*="2026-11-27"]')).evaluate((day) => day.focus());
  await it.page.keyboard.press('ArrowRight');
  assert.match((await it.focus()).label, /2026-12-01/);
  await it.page.keyboard.press('Enter');
  await it.untilRows(1);
  assert.deepEqual(await it.names(), ['legacy-all-orgs']);
  it.assertSound();
});

// --- strangers ---

const HOSTILE = [
  '<img src=x onerror="document.title=1">', '</script><script>document.title=1</script>', '<!--', '"><svg onload=alert(1)>',
  "javascript:alert(1)", '{{7*7}}', '&lt;b&gt;', '\u202Egpj.exe', 'a\u0000b\u001b[31mc', '\u{1F468}\u200d\u{1F469}', 'x'.repeat(4_000), '   ', '__proto__', 'constructor',
];

inBrowser('names, owners, scopes and words of strangers are text, whatever they hold', async (t) => {
  const pats = HOSTILE.map((name, i) => pat(i + 1, name, 3 + i, { owner: documents.owner(name), scopes: [name], organization: 'acme' }));
  const hostile = HOSTILE[0];
  const failure = documents.failure(hostile, hostile, [hostile]);
  const it = await tab(t, leaving(
    left('PatMonitor', report(pats, {
      scope: 'organization', notes: [...HOSTILE.slice(0, 4)],
      findings: pats.map((one) => documents.finding(one, hostile, 'error', hostile, hostile)),
      missing: [{ input: 'requireNames', pattern: hostile }],
      unreadable: [{ organization: hostile, what: hostile, failure }],
    })),
    left('PatRotate', documents.rotation({ sentence: hostile, name: hostile, store: hostile, secret: hostile, failure, warnings: [hostile] })),
    left('PatRevoke', documents.revocation({ notes: [hostile], failure })),
    { name: hostile, text: hostile },
  ));
  await it.untilDrawn();
  await it.unfold();
  for (const button of await it.frame.$$('table tbody th[scope=row] button')) await button.evaluate((one) => one.click());
  const made = await it.frame.evaluate(() => ({
    elements: [...document.querySelectorAll('main img, main script, main iframe, main a, main b, main [onload], main [onerror]')].map((one) => one.outerHTML.slice(0, 200)),
    title: document.title,
    wide: document.documentElement.scrollWidth > innerWidth + 1,
    reversed: document.body.innerText.includes('\u202e'),
  }));
  assert.deepEqual(made, { elements: [], title: 'PAT health', wide: false, reversed: false });
  assert.ok((await it.text()).includes(hostile));
  await it.picture('tab-hostile');
  it.assertSound();
});

inBrowser('a link to somebody else is refused with words, and gets no token', async (t) => {
  let foreign;
  const list = () => ({
    body: JSON.stringify({
      value: [
        { name: 'PatMonitor.json', _links: { self: { href: `${foreign}/acme/x/_apis/build/builds/${fakeHost.BUILD}/a/b/attachments/patkeeper/PatMonitor.json` } } },
        { name: 'PatRotate.json', _links: { self: { href: `${foreign.replace('//', '//user:word@')}/x` } } },
        { name: 'PatAudit.json', _links: { self: { href: 'javascript:alert(1)' } } },
        { name: 'PatRevoke.json' },
        { name: 'a.json', _links: { self: { href: '//' } } },
        null,
      ],
    }),
  });
  const build = { list: { hang: true } };
  const it = await tab(t, { builds: { [fakeHost.BUILD]: build } });
  foreign = it.host.origins.foreign;
  build.list = list;
  await it.untilSaid('Looking for');
  await it.frame.evaluate(() => location.reload());
  await it.untilSaid('could not be read');
  const said = await it.text();
  assert.ok(said.includes(foreign), 'where it is said to be');
  assert.equal(it.host.requests.filter((one) => one.to === 'foreign').length, 0);
  assert.equal(it.host.api().filter((one) => !/attachments\/patkeeper\?|\/timeline\?/.test(one.url)).length, 0);
  await it.picture('tab-foreign-link');
  it.assertSound();
});

inBrowser('a host that names another place than https for its API gets nothing sent there', async (t) => {
  const it = await tab(t, { ...leaving(left('PatMonitor', monday())), hosting: { collection: 'http://acme.example/' } });
  await it.untilSaid('Only https is used');
  assert.equal(it.host.api().length, 0);
  it.assertSound();
});

// --- many, and asking ---

inBrowser('5,000 PATs are a page of 100 at a time, and the first paint is measured', async (t) => {
  const attachment = left('PatMonitor', documents.many(5_000));
  const it = await tab(t, leaving(attachment), { realTime: true });
  await it.untilDrawn();
  const paint = await it.frame.evaluate(() => performance.getEntriesByName('patkeeper:first-paint', 'measure')[0]?.duration);
  t.diagnostic(`first paint of 5,000 PATs, from their text: ${Math.round(paint)} ms`);
  assert.ok(paint > 0, 'the page measures its first paint');
  assert.match(await it.text(), /5,000 PATs, rows 1 to 100/);
  assert.equal((await it.names()).length, 100);
  const first = await it.names();
  await it.press('button', 'Next');
  await it.untilSaid('rows 101 to 200');
  assert.equal(new Set([...first, ...(await it.names())]).size, 200);
  await it.press('button', 'Last');
  await it.untilSaid('rows 4,901 to 5,000');
  await it.search('token-00042');
  await it.untilRows(1);
  assert.deepEqual(await it.names(), ['token-00042']);
  await it.picture('tab-5000');
  it.assertSound();
});

inBrowser('words, lists, chips and columns narrow and order the table, and all is shown again', async (t) => {
  const attachment = left('PatMonitor', documents.many(60));
  const it = await tab(t, leaving(attachment));
  await it.untilDrawn();
  const health = await model(attachment);
  const names = (query) => health.pats({ limit: 100, ...query }).rows.map((row) => row.name);
  await it.search('user-7@');
  await it.untilRows(1);
  assert.deepEqual(await it.names(), ['token-00008']);
  await it.search('no such name');
  await it.untilSaid('No PAT matches');
  await it.press('button', 'Show all');
  await it.untilRows(60);
  await it.choose('Scope', 'vso.work');
  await it.untilRows(12);
  await it.choose('Status', 'healthy');
  const both = names({ scope: 'vso.work', statuses: ['healthy'] });
  await it.untilRows(both.length);
  assert.deepEqual(await it.names(), both);
  await it.press('button', 'Show all');
  await it.untilRows(60);
  const [chip] = await it.chips();
  await it.press('button', chip.words);
  await it.untilRows(Number(chip.words.split(' ')[0]));
  assert.ok((await it.chips())[0].pressed);
  await it.press('button', 'Show all');
  await it.untilRows(60);
  await it.press('button', 'Name');
  await it.until(() => document.querySelector('table tbody th[scope=row] button').innerText === 'token-00001');
  await it.press('button', 'Name');
  await it.until(() => document.querySelector('table tbody th[scope=row] button').innerText === 'token-00060');
  assert.deepEqual(await it.names(), names({ sort: 'name', descending: true }));
  assert.equal(await it.frame.$eval('th[aria-sort=descending]', (one) => one.innerText.replace(/\W/g, '')), 'Name');
  it.assertSound();
});

inBrowser('other thresholds change the counts and not the verdict, and go back', async (t) => {
  const attachment = left('PatMonitor', monday());
  const it = await tab(t, leaving(attachment));
  await it.untilDrawn();
  const before = await it.chips();
  const verdict = await it.title();
  const slide = (label, days) => it.frame.evaluate((words, value) => {
    const input = [...document.querySelectorAll('input[type=range]')].find((one) => one.labels[0].innerText.startsWith(words));
    input.value = String(value);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }, label, days);
  await slide('Warning', 90);
  const health = await model(attachment);
  health.judge(90, 7);
  const expected = health.overview().counts.map(({ count, label }) => `${count} ${label}`);
  assert.notDeepEqual(expected, before.map((chip) => chip.words));
  await it.until((wanted) => [...document.querySelectorAll('[role=group][aria-label*="status"] button')].map((one) => one.innerText.replace(/\s+/g, ' ').trim()).join() === wanted, expected.join());
  assert.equal(await it.title(), verdict);
  assert.match(await it.text(), /Not the verdict|its verdict stays/);
  await it.picture('tab-what-if');
  await slide('Critical', 120);
  await it.until(() => [...document.querySelectorAll('input[type=range]')].every((one) => one.value === '120'));
  await it.press('button', 'As judged');
  await it.until((wanted) => [...document.querySelectorAll('[role=group][aria-label*="status"] button')].map((one) => one.innerText.replace(/\s+/g, ' ').trim()).join() === wanted, before.map((chip) => chip.words).join());
  it.assertSound();
});

inBrowser('what the table cannot tell under other thresholds is said, and taken back', async (t) => {
  const report = documents.many(40);
  report.pats.splice(-30);
  const attachment = left('PatMonitor', report);
  const health = await model(attachment);
  const judged = health.overview().partial;
  health.judge(150, 7);
  const tried = health.overview().partial;
  assert.ok(judged && tried && judged !== tried, `${judged} | ${tried}`);
  const it = await tab(t, leaving(attachment));
  await it.untilDrawn();
  assert.ok((await it.text()).includes(judged));
  await it.frame.evaluate(() => {
    const [warning] = document.querySelectorAll('input[type=range]');
    warning.value = '150';
    warning.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await it.untilSaid(tried);
  await it.press('button', 'As judged');
  await it.until((words) => !document.body.innerText.includes(words), tried);
  it.assertSound();
});

// --- rules that stop ---

for (const [what, press] of [
  ['a chip, while a slider waits for its answer', (it) => it.frame.evaluate(() => {
    const [warning] = document.querySelectorAll('input[type=range]');
    warning.value = '90';
    warning.dispatchEvent(new Event('input', { bubbles: true }));
    document.querySelector('[role=group][aria-label*="status"] button:enabled').click();
    return new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  })],
  ['a slider', (it) => it.frame.evaluate(() => {
    const [warning] = document.querySelectorAll('input[type=range]');
    warning.value = '90';
    warning.dispatchEvent(new Event('input', { bubbles: true }));
  })],
]) {
  inBrowser(`rules that stop at the press of ${what} take the page away, and are not asked again`, async (t) => {
    const it = await tab(t, leaving(left('PatMonitor', documents.many(60))), { breaksAt: '^nothing$' });
    await it.untilDrawn();
    await it.untilSaid('No earlier completed build');
    await it.frame.evaluate(() => (rules.broken = ''));
    await press(it);
    await it.until(() => /has failed/.test(document.querySelector('h1').innerText));
    assert.match(await it.text(), /nothing is known here/);
    assert.deepEqual(await it.names(), []);
    assert.deepEqual(await it.chips(), []);
    assert.deepEqual(await it.frame.evaluate(() => rules.asked.slice(1)), []);
    await it.picture('tab-failed');
    it.host.assertPolite();
  });
}

inBrowser('rules that stop over an earlier build are no gap of that build', async (t) => {
  const earlier = { finishTime: '2026-11-15T10:00:00Z', attachments: [left('PatMonitor', monday())] };
  const builds = { [fakeHost.BUILD]: { attachments: [left('PatMonitor', monday())] }, [fakeHost.BUILD - 1]: earlier };
  const it = await tab(t, { builds }, { breaksAt: '^trendPoint$' });
  await it.until(() => /has failed/.test(document.querySelector('h1')?.innerText ?? ''));
  assert.deepEqual(await it.names(), []);
  assert.deepEqual(await it.frame.evaluate(() => rules.asked.slice(1)), []);
  it.host.assertPolite();
});

inBrowser('an error of the page that nobody caught is not silent, and a host that refuses something is none', async (t) => {
  const it = await tab(t, leaving(left('PatMonitor', monday())), { quiet: false });
  await it.untilDrawn();
  await it.frame.evaluate(() => {
    dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason: { name: 'Error', message: 'resize is refused' } }));
    dispatchEvent(new ErrorEvent('error', { message: 'ResizeObserver loop completed with undelivered notifications.' }));
    return new Promise((resolve) => setTimeout(resolve));
  });
  assert.equal((await it.names()).length, 7);
  await it.frame.evaluate(() => void dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason: new TypeError('no such part') })));
  await it.untilSaid('no such part');
  assert.deepEqual(await it.names(), []);
  it.host.assertPolite();
});

// --- several documents, earlier builds ---

inBrowser('what four tasks left in one build is one page', async (t) => {
  const all = [left('PatMonitor', monday()), left('PatRotate', documents.rotation()), left('PatRevoke', documents.revocation()), left('PatAudit', documents.audit())];
  const it = await tab(t, leaving(...all));
  await it.untilDrawn();
  const overview = (await model(...all)).overview();
  const said = await it.text();
  assert.deepEqual(overview.changes.map((change) => change.task).sort(), ['PatAudit', 'PatRevoke', 'PatRotate']);
  for (const change of overview.changes) assert.ok(said.includes(change.sentence), change.sentence);
  assert.ok(said.includes('leaked-in-a-gist'));
  assert.equal((await it.names()).length, 7);
  await it.picture('tab-four-tasks');
  it.assertSound();
});

inBrowser('jobs that asked different organizations are folded, and slices stand behind their merged report', async (t) => {
  const other = report([pat(50, 'partner-feed', 2, { organization: 'globex' })], { organizations: ['globex'] });
  const slice = (position) => report([pat(60 + position, `user-of-slice-${position}`, 40, { organization: 'initech', owner: documents.owner('a@initech.example') })], {
    organizations: ['initech'], scope: 'organization', slice: { position, of: 2, unmatched: [], undecided: [], unused: [] },
  });
  const merged = report([1, 2].flatMap((position) => slice(position).pats), {
    organizations: ['initech'], scope: 'organization',
    merged: [1, 2].map((position) => ({ source: `slice-${position}.json`, slice: { position, of: 2 }, at: '2026-11-22T10:00:00Z' })),
  });
  const all = [left('PatMonitor', monday()), left('PatMonitor', other), left('PatMonitor', slice(1)), left('PatMonitor', slice(2)), left('PatMonitor', merged)];
  // The host lists files of one name by their steps.
  const it = await tab(t, leaving(...all));
  await it.untilDrawn();
  const names = await it.names();
  assert.equal(names.length, 7 + 1 + 2, names.join());
  assert.equal(names.filter((name) => name === 'user-of-slice-1').length, 1);
  const said = await it.text();
  for (const organization of ['acme', 'globex', 'initech']) assert.ok(said.includes(organization));
  it.assertSound();
});

inBrowser('earlier builds are drawn with their gaps, at most 20 of them', async (t) => {
  const builds = { [fakeHost.BUILD]: { attachments: [left('PatMonitor', monday())], finishTime: '2026-11-22T10:00:00Z' } };
  for (let i = 1; i <= 22; i++) {
    const at = NOW - i * 7 * DAY;
    builds[fakeHost.BUILD - i] = { number: `2026.${i}`, finishTime: new Date(at).toISOString(), attachments: [left('PatMonitor', i % 2 ? monday(at) : documents.healthy(at))] };
  }
  builds[fakeHost.BUILD - 3].attachments = [];
  builds[fakeHost.BUILD - 5].attachments[0].status = 404;
  builds[fakeHost.BUILD - 7].attachments[0].text = '{"schema":';
  builds[fakeHost.BUILD - 9].list = { status: 500 };
  const it = await tab(t, { builds }, { quiet: false });
  await it.untilDrawn();
  await it.untilSaid('have no numbers');
  assert.match(await it.text(), /4 builds have no numbers/);
  await it.unfold();
  await it.untilSaid('2026.20');
  const said = await it.text();
  assert.ok(!said.includes('2026.21'), 'the 21st');
  for (const words of ['no PatMonitor report', '(404)', 'could not be read', '(500)']) assert.ok(said.includes(words), words);
  const [list] = it.host.api().filter((one) => one.url.includes('definitions='));
  assert.match(list.url, /[?&]definitions=7(&|$)/);
  await it.picture('tab-trend');
  it.assertSound();
});

inBrowser('a build of which only a part could be read has no bar, not one of its part', async (t) => {
  const slice = (at) => ({ ...documents.healthy(at), slice: { position: 1, of: 4, unmatched: [], undecided: [], unused: [] } });
  const at = (days) => NOW - days * DAY;
  const older = (days, ...attachments) => ({ number: `${days} days ago`, finishTime: new Date(at(days)).toISOString(), attachments });
  const big = left('PatMonitor', JSON.stringify(documents.healthy(at(5))).padEnd(31 * 1024 * 1024));
  const builds = {
    [fakeHost.BUILD]: { attachments: [left('PatMonitor', documents.healthy()), left('PatMonitor', '{"schema":')] },
    [fakeHost.BUILD - 1]: older(1, left('PatMonitor', documents.healthy(at(1))), left('PatMonitor', 'cut')),
    [fakeHost.BUILD - 2]: older(2, left('PatMonitor', slice(at(2)))),
    [fakeHost.BUILD - 3]: older(3, left('PatMonitor', documents.healthy(at(3))), left('PatMonitor', {}, { status: 404 })),
    [fakeHost.BUILD - 4]: older(4, left('PatMonitor', documents.healthy(at(4)))),
    [fakeHost.BUILD - 5]: older(5, big, big),
  };
  const it = await tab(t, { builds }, { quiet: false });
  await it.untilSaid('4 builds have no numbers');
  assert.match(await it.text(), /This build has no bar: 1 of 2 reports could not be read/);
  await it.unfold();
  const rows = await it.frame.evaluate(() => [...document.querySelectorAll('table.numbers tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
  assert.deepEqual(rows.map(([label, ...cells]) => [label, cells.length > 1]), [['5 days ago', false], ['4 days ago', true], ['3 days ago', false], ['2 days ago', false], ['1 days ago', false], ['this build', false]]);
  assert.match(rows[0][1], /larger than 32 MB together/);
  it.assertSound();
});

inBrowser('earlier builds are those of the same branch, where it is known, and an answer that is no list is no first build', async (t) => {
  const buildList = (url) => ({ body: url.searchParams.get('branchName') === 'refs/heads/main' ? '{}' : '{"value":[]}' });
  const it = await tab(t, { ...leaving(left('PatMonitor', monday())), build: { sourceBranch: 'refs/heads/main' }, buildList });
  await it.untilSaid('something else than a list');
  assert.match(await it.text(), /Earlier builds\s+of main/);
  it.assertSound();
});

inBrowser('where earlier builds cannot be listed, the page stands and says so', async (t) => {
  const it = await tab(t, { ...leaving(left('PatMonitor', monday())), buildList: () => ({ status: 403 }) }, { quiet: false });
  await it.untilSaid('Earlier builds could not be read');
  assert.equal((await it.names()).length, 7);
  it.assertSound();
});

// --- the one file ---

/** The report as a file on disk, opened from there. */
async function file(t, spliced, options) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'patkeeper-report-'));
  const name = path.join(folder, 'patkeeper.html');
  fs.writeFileSync(name, documents.inFile(fs.readFileSync(path.join(PAGE, 'report.html'), 'utf8'), spliced));
  const { page, seen } = await open(browser, options);
  t.after(async () => {
    await page.close();
    fs.rmSync(folder, { recursive: true });
  });
  const address = pathToFileURL(name).href;
  await page.goto(address);
  return {
    page, seen, ...eyes(page.mainFrame()),
    picture: (to) => page.screenshot({ path: path.join(SCREENSHOTS, `${to}.png`), fullPage: true }),
    /** It asked for itself and nothing else, and broke no policy of its own. */
    assertSound() {
      assert.deepEqual(seen.requests, [address]);
      assert.deepEqual(seen.complaints, []);
      assert.deepEqual(seen.errors, []);
    },
  };
}

inBrowser('the HTML report opens from disk and asks for nothing', async (t) => {
  const it = await file(t, { 'patkeeper.json': monday() });
  await it.untilDrawn();
  assert.equal(await it.title(), (await model(left('PatMonitor', monday()))).overview().headline);
  assert.equal((await it.names()).length, 7);
  await it.picture('report-light');
  it.assertSound();
});

inBrowser('the HTML report is dark where the person likes it dark', async (t) => {
  const it = await file(t, { 'patkeeper.json': monday() });
  await it.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  await it.untilDrawn();
  const color = await it.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.ok(Number(/\d+/.exec(color)[0]) < 80, color);
  await it.picture('report-dark');
  it.assertSound();
});

inBrowser('a document in the HTML report that tries to leave its element stays in it', async (t) => {
  const pats = HOSTILE.map((name, i) => pat(i + 1, name, 3 + i));
  const it = await file(t, { 'patkeeper.json': report(pats), 'patkeeper-rotation.json': documents.rotation({ sentence: '<!-- <script> </script>' }) });
  await it.untilDrawn();
  assert.equal((await it.names()).length, HOSTILE.length);
  const said = await it.text();
  for (const words of ['</script><script>document.title=1</script>', '<!-- <script> </script>']) assert.ok(said.includes(words), words);
  assert.equal(await it.page.title(), 'PAT health');
  assert.equal(await it.page.evaluate(() => document.querySelectorAll('main img, main script, main svg[onload]').length), 0);
  it.assertSound();
});

inBrowser('an HTML report that is opened when its PATs have ended does not call them healthy', async (t) => {
  const old = documents.healthy(NOW - 100 * DAY);
  const it = await file(t, { 'patkeeper.json': old });
  await it.untilDrawn();
  const { since } = (await model(left('PatMonitor', old))).overview();
  assert.ok(since, 'the rules say what has ended since');
  assert.ok((await it.text()).includes(since), since);
  assert.doesNotMatch(await it.title(), /(are|is) healthy/);
  assert.equal(await it.page.evaluate(() => document.querySelector('header [role=img]').getAttribute('aria-label')), 'Ended or failed');
  await it.picture('report-old');
  it.assertSound();
});

inBrowser('the HTML report without a document says that there is none', async (t) => {
  const it = await file(t, {});
  await it.until(() => document.querySelector('h1') !== null);
  assert.doesNotMatch(await it.text(), /healthy/i);
  it.assertSound();
});

inBrowser('nothing that gets into the HTML report can run or call home', async (t) => {
  const it = await file(t, { 'patkeeper.json': monday() });
  await it.untilDrawn();
  const tried = await it.page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    const image = document.createElement('img');
    image.src = 'http://127.0.0.1:9/x.png';
    document.body.append(image);
    const called = await fetch('http://127.0.0.1:9/').then(() => true, () => false);
    return { ran: window.ran === true, called };
  });
  assert.deepEqual(tried, { ran: false, called: false });
  assert.ok(it.seen.complaints.some((words) => /Content Security Policy/.test(words)));
});
