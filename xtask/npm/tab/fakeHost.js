'use strict';
// Azure DevOps around the tab, on loopback: a page with the tab in a sandboxed frame of another origin, and the few
// addresses of its REST API that the tab has any business with. Every request is noted.
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const assert = require('node:assert/strict');

const STAGE = path.join(__dirname, '..', '..', '..', 'target', 'package', 'stage', 'tab');
const TYPES = { '.html': 'text/html', '.js': 'application/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };

const PROJECT = { id: '5a7e0000-0000-4000-8000-000000000001', name: 'Shop & Söhne' };
const TIMELINE = '11110000-0000-4000-8000-000000000001';
const TOKEN = 'test-bearer-for-the-tab';
/** The build that the tab is shown for. */
const BUILD = 4711;

const TASKS = Object.fromEntries(['PatMonitor', 'PatRotate', 'PatRevoke', 'PatAudit'].map((name) => [name, require(path.join(__dirname, '..', '..', '..', 'task', name, 'task.json')).id]));

const SANDBOX = 'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox';

function listen(host, handler) {
  const server = http.createServer(handler);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ server, origin: `http://${host}:${server.address().port}` })));
}

/**
 * `builds`: by id, each `{ attachments: [{ name, text, href, status, hang }], list: { status, body, hang }, steps, … }`, where
 * `steps` are records of its timeline beside those of the steps that left the attachments.
 * `build`: what the host says of its own build. `tabPolicy`: a Content-Security-Policy that the tab is served with.
 */
async function start({ theme, build = {}, builds = {}, buildList, tabPolicy, silent, hosting = {} }) {
  const requests = [];
  let hangs;
  const hanging = new Promise((resolve) => (hangs = resolve));
  const scene = { project: PROJECT, token: TOKEN, theme, silent };
  scene.build = build && { id: BUILD, definition: { id: 7 }, finishTime: '2026-11-22T10:00:00Z', status: 2, ...build };

  const note = (request, to) => {
    const { method, url, headers } = request;
    requests.push({ to, method, url, authorization: headers.authorization });
  };

  const tab = await listen('127.0.0.1', (request, response) => {
    note(request, 'tab');
    const file = path.join(STAGE, path.basename(new URL(request.url, 'http://tab').pathname));
    if (!request.url.startsWith('/tab/') || !fs.existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const policy = tabPolicy ? { 'Content-Security-Policy': tabPolicy } : {};
    response.writeHead(200, { 'Content-Type': TYPES[path.extname(file)], ...policy }).end(fs.readFileSync(file));
  });
  // Somebody else's server. Nothing may ever be asked of it.
  const foreign = await listen('127.0.0.1', (request, response) => {
    note(request, 'foreign');
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' }).end('{}');
  });
  const host = await listen('localhost', (request, response) => {
    const url = new URL(request.url, 'http://host');
    if (url.pathname === '/host.html') {
      const json = JSON.stringify(scene).replaceAll('<', '\\u003c');
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(
        `<!doctype html><title>A build</title><style>html,body{margin:0}iframe{display:block;border:0;width:100%;height:600px}</style>
         <iframe id="tab" title="PAT health" sandbox="${SANDBOX}"></iframe>
         <script type="application/json" id="scene">${json}</script><script src="/host.js"></script>`,
      );
      return;
    }
    if (url.pathname === '/host.js') {
      response.writeHead(200, { 'Content-Type': 'application/javascript' }).end(fs.readFileSync(path.join(__dirname, 'fakeHost.page.js')));
      return;
    }
    if (url.pathname === '/favicon.ico') {
      response.writeHead(204).end();
      return;
    }
    note(request, 'api');
    const cors = { 'Access-Control-Allow-Origin': tab.origin, 'Access-Control-Allow-Headers': 'authorization', 'Access-Control-Allow-Methods': 'GET', 'Access-Control-Max-Age': '600' };
    const answer = (status, body, type = 'application/json; charset=utf-8') => {
      response.writeHead(status, { ...cors, 'Content-Type': type }).end(body);
    };
    if (request.method === 'OPTIONS') {
      answer(204);
      return;
    }
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      answer(401, '{}');
      return;
    }
    const told = routed(url);
    if (told.hang) {
      hangs();
      return; // the test decides how long that is
    }
    answer(told.status ?? 200, told.body ?? '{}', told.type);
  });

  scene.tab = tab.origin;
  scene.collection = hosting.collection ?? `${host.origin}/acme/`;

  function routed(url) {
    const base = `/acme/${encodeURIComponent(PROJECT.id)}/_apis/build/builds`;
    const { pathname } = url;
    if (pathname === base) {
      if (buildList) return buildList(url);
      const value = Object.entries(builds)
        .map(([id, one]) => ({ id: Number(id), buildNumber: one.number ?? id, finishTime: one.finishTime, definition: { id: 7 } }))
        .sort((a, b) => b.id - a.id)
        .slice(0, Number(url.searchParams.get('$top')));
      return { body: JSON.stringify({ count: value.length, value }) };
    }
    const [id, ...rest] = pathname.startsWith(`${base}/`) ? pathname.slice(base.length + 1).split('/') : [];
    const build = builds[id];
    if (!build) return { status: 404 };
    if (rest.join('/') === 'attachments/patkeeper') {
      if (build.list) return typeof build.list === 'function' ? build.list(url) : build.list;
      const value = (build.attachments ?? []).map((one, i) => ({ name: one.name, _links: one.links ?? { self: { href: one.href ?? `${host.origin}${base}/${id}/${TIMELINE}/${record(i)}/attachments/patkeeper/${encodeURIComponent(one.name)}` } } }));
      return { body: JSON.stringify({ count: value.length, value }) };
    }
    if (rest.join('/') === 'timeline') {
      if (build.steps === null) return { status: 404 };
      const left = (build.attachments ?? []).map((one, i) => ({ id: record(i), type: 'Task', name: `Step ${i + 1}`, task: { id: TASKS[path.parse(one.name).name] ?? TASKS.PatMonitor }, state: 'completed', result: 'succeeded' }));
      return { body: JSON.stringify({ records: [{ id: TIMELINE, type: 'Job', name: 'Job', state: 'completed', result: 'succeeded' }, ...left, ...(build.steps ?? [])] }) };
    }
    const found = (build.attachments ?? []).find((one, i) => rest.map(decodeURIComponent).join('/') === `${TIMELINE}/${record(i)}/attachments/patkeeper/${one.name}`);
    if (!found) return { status: 404 };
    const text = typeof found.text === 'string' ? found.text : JSON.stringify(found.text);
    return { status: found.status, hang: found.hang, body: found.status ? '{}' : text, type: 'application/octet-stream' };
  }

  return {
    address: `${host.origin}/host.html`,
    origins: { host: host.origin, tab: tab.origin, foreign: foreign.origin },
    requests,
    /** Resolves once there is a request that gets no answer. */
    hanging,
    /** What was asked of the REST API, without the browser's own questions whether it may. */
    api: () => requests.filter((one) => one.to === 'api' && one.method !== 'OPTIONS'),
    /** Nothing but reading, with the host's token, at the addresses that exist, and nothing from anybody else. */
    assertPolite() {
      for (const one of requests) {
        assert.notEqual(one.to, 'foreign', `asked of somebody else: ${one.url}`);
        assert.ok(['GET', 'OPTIONS'].includes(one.method), `${one.method} ${one.url}`);
        if (one.to === 'tab') assert.equal(one.authorization, undefined, `the token went to ${one.url}`);
        else if (one.method === 'GET') assert.equal(one.authorization, `Bearer ${TOKEN}`, one.url);
        assert.ok(!one.url.includes(TOKEN), `the token is in the address ${one.url}`);
      }
    },
    close() {
      for (const { server } of [tab, foreign, host]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

const record = (i) => `22220000-0000-4000-8000-${String(i + 1).padStart(12, '0')}`;

module.exports = { BUILD, PROJECT, STAGE, TASKS, TOKEN, start };
