'use strict';
// The page's wasm against crates/web/tests/vectors.json, which the native build of the same code has written: both
// answer alike, to the byte. And what of it JavaScript sees that Rust cannot: plain objects, absent members, errors.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const ROOT = path.join(__dirname, '..', '..');
const GLUE = path.join(ROOT, 'target', 'page', 'glue');
const vectors = JSON.parse(fs.readFileSync(path.join(ROOT, 'crates', 'web', 'tests', 'vectors.json'), 'utf8'));

let web;
test.before(async () => {
  const script = path.join(GLUE, 'patkeeper_web.js');
  assert.ok(fs.existsSync(script), 'the page is not made: run cargo xtask page');
  web = await import(pathToFileURL(script).href);
  await web.default({ module_or_path: fs.readFileSync(path.join(GLUE, 'patkeeper_web_bg.wasm')) });
});

const textOf = (document) => document.lines.join('\n');

/** A page that was given a vector's documents. */
function pageOf(vector) {
  const health = new web.Health(vector.now);
  for (const document of vector.documents) {
    const entry = health.add(document.name, textOf(document));
    assert.equal(JSON.stringify(entry), JSON.stringify(document.entry));
  }
  return health;
}

for (const vector of vectors) {
  test(`${vector.name}: the wasm answers as the native build does`, () => {
    const health = pageOf(vector);
    for (const { call, arguments: given = [], answer, error } of vector.calls) {
      const ask = () => (call === 'trendPoint' ? web.trendPoint(vector.documents.map(textOf)) : health[call](...given));
      if (error === undefined) {
        assert.equal(JSON.stringify(ask()), JSON.stringify(answer), `${call}(${JSON.stringify(given)})`);
      } else {
        assert.throws(ask, (thrown) => thrown instanceof Error && thrown.message === error);
      }
    }
    health.free();
  });
}

/** Fails where a value is anything but what JSON knows: a Map, a BigInt, an undefined member. */
function assertPlain(value, at) {
  if (Array.isArray(value)) {
    value.forEach((item, number) => assertPlain(item, `${at}[${number}]`));
  } else if (typeof value === 'object' && value !== null) {
    assert.equal(Object.getPrototypeOf(value), Object.prototype, at);
    for (const [name, member] of Object.entries(value)) assertPlain(member, `${at}.${name}`);
  } else {
    assert.ok(['string', 'number', 'boolean'].includes(typeof value), `${at} is ${typeof value}`);
  }
}

test('what the page gets are plain objects, and what is not there is no member', () => {
  const health = pageOf(vectors.find(({ name }) => name === 'monday'));
  for (const call of ['overview', 'timeline', 'facets']) assertPlain(health[call](), call);
  assertPlain(health.pats({ limit: 100 }), 'pats');
  assertPlain(health.findings(9), 'findings');
  const row = health.pats({ limit: 1 }).rows[0];
  assert.ok(!('owner' in row) && !('judged' in row));
});

test('a query that is none is an error and breaks nothing', () => {
  const health = pageOf(vectors.find(({ name }) => name === 'monday'));
  for (const query of [{ sort: 'weather' }, { offset: -1 }, { search: 7 }, null, 'x']) {
    assert.throws(() => health.pats(query), Error, JSON.stringify(query));
  }
  assert.equal(health.pats({ owner: undefined, limit: 3 }).rows.length, 3);
});

test('a moment that no calendar has is no crash', () => {
  for (const now of [NaN, Infinity, -Infinity, 8.64e15, -1]) {
    assert.equal(new web.Health(now).timeline().days, 90);
  }
});
