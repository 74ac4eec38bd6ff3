// What PatMonitor is measured against: the shortest honest script that reads the same pages through the same proxy,
// with nothing but Node. It keeps connections open, as a careful author would, and judges nothing.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';

const proxy = new URL(process.env.AGENT_PROXYURL);
const ca = readFileSync(process.env.AGENT_CAINFO);
const organization = new URL(process.env.INPUT_ORGANIZATION).pathname.replaceAll('/', '');

class ThroughProxy extends https.Agent {
  createConnection(options, done) {
    const path = `${options.host}:443`;
    http
      .request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path })
      .on('connect', (_, socket) => done(null, tls.connect({ socket, ca, servername: options.host })))
      .on('error', done)
      .end();
  }
}

const agent = new ThroughProxy({ keepAlive: true });
const headers = {
  Authorization: `Bearer ${process.env.INPUT_ACCESSTOKEN}`,
  Accept: 'application/json',
  'X-TFS-FedAuthRedirect': 'Suppress',
};

function get(host, path) {
  return new Promise((resolve, reject) => {
    https
      .get({ host, path, agent, headers }, async (response) => {
        let body = '';
        for await (const chunk of response.setEncoding('utf8')) body += chunk;
        response.statusCode === 200 ? resolve(JSON.parse(body)) : reject(new Error(`${path}: ${response.statusCode}`));
      })
      .on('error', reject);
  });
}

async function list(filter) {
  const pats = [];
  let token = '';
  do {
    const query = new URLSearchParams({ displayFilterOption: filter, $top: '100', 'api-version': '7.1-preview.1' });
    if (token) query.set('continuationToken', token);
    const page = await get('vssps.dev.azure.com', `/${organization}/_apis/tokens/pats?${query}`);
    pats.push(...page.patTokens);
    token = page.continuationToken;
  } while (token);
  return pats;
}

await get('dev.azure.com', `/${organization}/_apis/connectionData?api-version=7.1-preview`);
const pats = [...(await list('active')), ...(await list('expired'))];
const soon = pats.filter((pat) => Date.parse(pat.validTo) - Date.now() < 30 * 86400e3).length;
console.log(`${pats.length} PATs, ${soon} within 30 days`);
agent.destroy();
