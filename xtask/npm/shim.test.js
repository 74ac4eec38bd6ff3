'use strict';
// The shim against a stand-in program, on every Node that agents bundle. What the real program does with what it is
// given is tested with the packaged task; here it is the shim alone: what it passes on, what it refuses to run.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const os = require('os');
const path = require('path');
const crypto = require('crypto');
const zlib = require('zlib');
const { spawn } = require('child_process');
const { commandFromString } = require('azure-pipelines-task-lib/taskcommand');

const SHIM = path.join(__dirname, '..', '..', 'task', 'shim.js');
const HERE = `${process.platform}-${process.arch}`;

/** Every Node to test on: this one, and those that npm had for this machine. */
const nodes = [process.execPath];
for (const major of [16, 20, 24]) {
  const binary = path.join(__dirname, 'node_modules', `node${major}`, 'bin', 'node');
  if (fs.existsSync(binary)) nodes.push(binary);
  else console.log(`npm has no Node ${major} for this machine: the shim is not tested on it here`);
}

/** The stand-in: does what INPUT_DO says. */
const STAND_IN = `#!${process.execPath}
const [what, value] = (process.env.INPUT_DO || 'env').split(' ');
if (what === 'env') console.log(JSON.stringify({ env: process.env, args: process.argv.slice(2), cwd: process.cwd() }));
if (what === 'exit') process.exit(Number(value));
if (what === 'die') process.kill(process.pid, value);
if (what === 'wait') {
  if (value === 'gracefully')
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { console.log('got ' + signal); process.exit(130); });
  setTimeout(() => process.exit(9), 20000); // ends what nobody cancels, and fails its test
  console.log('ready ' + process.pid);
}
`;

/** A task folder as an agent lays it out, and an empty temp folder. */
function install(t, { program = STAND_IN, platforms } = {}) {
  const root = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'patkeeper-shim-'));
  t.after(() => fs.rmSync(root, { recursive: true, force: true }));
  const task = path.join(root, 'PatMonitor');
  const temp = path.join(root, 'temp');
  fs.mkdirSync(path.join(task, 'payload'), { recursive: true });
  fs.mkdirSync(temp);
  fs.copyFileSync(SHIM, path.join(task, 'shim.js'));
  fs.writeFileSync(path.join(task, 'task.json'), '\uFEFF' + JSON.stringify({ name: 'PatMonitor' }));
  const bytes = Buffer.from(program);
  const sha256 = crypto.createHash('sha256').update(bytes).digest('hex');
  fs.writeFileSync(path.join(task, 'payload', 'program.br'), zlib.brotliCompressSync(bytes));
  const entry = { file: 'program.br', sha256, size: bytes.length };
  const manifest = { version: '1.0.0', platforms: platforms ? platforms(entry) : { [HERE]: entry } };
  fs.writeFileSync(path.join(task, 'payload', 'payload.json'), JSON.stringify(manifest));
  const folder = path.join(temp, `patkeeper-${sha256.slice(0, 16)}`);
  return { root, task, temp, folder, binary: path.join(folder, 'patkeeper'), bytes };
}

/** Runs the shim as the agent does, and waits for its end. `said` is called with each line. */
function run(node, place, env = {}, { said = () => {}, args = [] } = {}) {
  const base = { PATH: process.env.PATH, AGENT_TEMPDIRECTORY: place.temp, INPUT_DO: 'env' };
  const child = spawn(node, [...args, path.join(place.task, 'shim.js')], {
    cwd: place.root,
    env: { ...base, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  let seen = 0;
  child.stderr.on('data', (data) => (err += data));
  child.stdout.on('data', (data) => {
    out += data;
    const lines = out.split('\n');
    for (; seen < lines.length - 1; seen++) said(lines[seen], child);
  });
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out, err })));
}

const ID = '0f1e2d3c-0000-4000-8000-00000000abcd';
const OTHER = '0f1e2d3c-0000-4000-8000-00000000abce';

/** Variables that tell which run of which job it is. The agent lists them among the job's, since they are public. */
const OF_THE_RUN = [
  ...['System.CollectionId', 'System.HostType', 'System.StageName', 'System.PhaseName', 'System.JobName'],
  ...['System.JobIdentifier', 'System.JobId', 'System.StageAttempt', 'System.PhaseAttempt', 'System.JobAttempt'],
  ...['Build.BuildId', 'Release.ReleaseId'],
];

/** A service connection's variables, as an agent names them. */
const connection = (id, scheme) => ({
  [`ENDPOINT_URL_${id}`]: 'https://example.invalid',
  [`ENDPOINT_AUTH_${id}`]: JSON.stringify({ parameters: { tenantid: 'tenant' }, scheme }),
  [`ENDPOINT_AUTH_SCHEME_${id}`]: scheme,
  [`ENDPOINT_AUTH_PARAMETER_${id}_TENANTID`]: 'tenant',
  [`ENDPOINT_DATA_${id}`]: '{"environment":"AzureCloud"}',
  [`ENDPOINT_DATA_${id}_ENVIRONMENT`]: 'AzureCloud',
});

const commands = (out) =>
  out.split('\n').filter((line) => line.includes('##vso[')).map((line) => commandFromString(line));

/** One readable error, one `task.complete result=Failed`, the exit code, and nothing on stderr. */
function assertFailed(result, code, message) {
  assert.equal(result.err, '');
  assert.equal(result.code, code, result.out);
  const [issue, complete, ...more] = commands(result.out);
  assert.deepEqual(more, []);
  assert.equal(issue.command, 'task.logissue');
  assert.equal(issue.properties.type, 'error');
  assert.match(issue.message, message);
  assert.equal(complete.command, 'task.complete');
  assert.equal(complete.properties.result, 'Failed');
}

const alive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch (_) {
    return false;
  }
};

/** Makes the shim believe that it runs elsewhere. */
function pretend(t, place, platform, arch) {
  const preload = path.join(place.root, 'pretend.js');
  const set = (name, value) => `Object.defineProperty(process, '${name}', { value: '${value}' });`;
  fs.writeFileSync(preload, set('platform', platform) + set('arch', arch));
  return { args: ['-r', preload] };
}

for (const node of nodes) {
  const version = require('child_process').execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  const on = (name, body) => test(`${version}: ${name}`, body);

  on('the program gets the task, the folder, and what it needs of the environment', async (t) => {
    const place = install(t);
    const needed = {
      INPUT_ORGANIZATION: 'acme',
      SYSTEM_COLLECTIONURI: 'https://dev.azure.com/acme/',
      SYSTEM_OIDCREQUESTURI: 'https://example.invalid/oidc',
      SYSTEM_COLLECTIONID: '6c6f3423-0000-4000-8000-000000000000',
      SYSTEM_HOSTTYPE: 'build',
      SYSTEM_STAGENAME: 'Rotate',
      SYSTEM_PHASENAME: 'Job',
      SYSTEM_JOBNAME: '__default',
      SYSTEM_JOBIDENTIFIER: 'Rotate.Job.__default',
      SYSTEM_JOBID: '12f1170f-0000-4000-8000-000000000000',
      SYSTEM_STAGEATTEMPT: '1',
      SYSTEM_PHASEATTEMPT: '1',
      SYSTEM_JOBATTEMPT: '2',
      SYSTEM_JOBPOSITIONINPHASE: '3',
      SYSTEM_TOTALJOBSINPHASE: '8',
      BUILD_BUILDID: '1',
      RELEASE_RELEASEID: '2',
      AGENT_PROXYURL: 'http://127.0.0.1:1',
      TF_BUILD: 'True',
      SECRET_AGENT_PROXYPASSWORD: 'not a real one',
      SECRET_AGENT_CLIENTCERTPASSWORD: 'not a real one either',
      HOME: place.root,
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
      HTTPS_PROXY: 'http://127.0.0.1:2',
      https_proxy: 'http://127.0.0.1:3',
      NO_PROXY: 'localhost',
      SSL_CERT_FILE: '/etc/ssl/own.pem',
      REQUESTS_CA_BUNDLE: '/etc/ssl/own.pem',
      AZURE_CONFIG_DIR: '/home/build/.azure',
      IDENTITY_ENDPOINT: 'http://127.0.0.1:4',
      VSTS_PUBLIC_VARIABLES: JSON.stringify(OF_THE_RUN),
    };
    const result = await run(node, place, needed);
    assert.equal(result.code, 0, result.out + result.err);
    const got = JSON.parse(result.out);
    assert.deepEqual(got.args, ['task', 'PatMonitor']);
    assert.equal(got.cwd, place.root);
    delete needed.VSTS_PUBLIC_VARIABLES; // for the shim alone
    for (const [name, value] of Object.entries(needed)) assert.equal(got.env[name], value, name);
  });

  on('each task of a job runs as itself, and all of them share one unpacked program', async (t) => {
    const place = install(t);
    const other = path.join(place.root, 'PatRotate');
    fs.cpSync(place.task, other, { recursive: true });
    fs.writeFileSync(path.join(other, 'task.json'), JSON.stringify({ name: 'PatRotate' }));
    const first = JSON.parse((await run(node, place)).out);
    const unpacked = fs.statSync(place.binary).ino;
    const second = JSON.parse((await run(node, { ...place, task: other })).out);
    assert.deepEqual([first.args, second.args], [['task', 'PatMonitor'], ['task', 'PatRotate']]);
    assert.equal(fs.statSync(place.binary).ino, unpacked);
    assert.deepEqual(fs.readdirSync(place.temp), [path.basename(place.folder)]);
    assertFailed(await run(node, { ...place, task: other }, { INPUT_DO: 'exit 7' }), 70, /PatRotate broke/);
  });

  on('the job\'s other secrets, and what could steer the program, stay behind', async (t) => {
    const place = install(t);
    const kept = {
      SYSTEM_ACCESSTOKEN: 'job token',
      ENDPOINT_URL_SYSTEMVSSCONNECTION: 'https://example.invalid',
      ENDPOINT_AUTH_SYSTEMVSSCONNECTION: '{"parameters":{"AccessToken":"job token"},"scheme":"OAuth"}',
      ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION: 'OAuth',
      ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: 'job token',
      ENDPOINT_AUTH_PARAMETER_SystemVssConnection_AccessToken: 'job token',
      SECRET_DEPLOYKEY: 'deploy key',
      SECRET_AGENT_OTHER: 'other',
      VSTS_TASKVARIABLE_X: 'x',
      SECUREFILE_TICKET_1: 'ticket',
      VSTS_PUBLIC_VARIABLES: '["System.JobId"]',
      VSTS_SECRET_VARIABLES: '["deployKey"]',
      NODE_OPTIONS: '--no-warnings',
      LD_LIBRARY_PATH: '/nowhere',
      RUST_LOG: 'trace',
      'agent.jobstatus': 'Succeeded',
      MY_VARIABLE: 'mine',
      input_organization: 'lower case is another name here',
    };
    const { env } = JSON.parse((await run(node, place, kept)).out);
    for (const name of Object.keys(kept)) assert.equal(env[name], undefined, name);
  });

  on('of the connections only the one that the input names passes, in all its parts', async (t) => {
    const place = install(t);
    const other = { ...connection(OTHER, 'ServicePrincipal'), ...connection(`${ID}0`, 'ServicePrincipal') };
    for (const given of [ID, ID.toUpperCase(), ` ${ID} `]) {
      const mine = connection(ID, 'ServicePrincipal');
      const { env } = JSON.parse((await run(node, place, { ...mine, ...other, INPUT_AZURESUBSCRIPTION: given })).out);
      for (const name of Object.keys(mine)) assert.equal(env[name], mine[name], `${given}: ${name}`);
      for (const name of Object.keys(other)) assert.equal(env[name], undefined, `${given}: ${name}`);
    }
    for (const given of [{}, { INPUT_AZURESUBSCRIPTION: '' }, { INPUT_AZURESUBSCRIPTION: ' ' }]) {
      const { env } = JSON.parse((await run(node, place, { ...other, ...given })).out);
      for (const name of Object.keys(other)) assert.equal(env[name], undefined, name);
    }
  });

  on('the job\'s own token passes only beside the connection that trades it for an OIDC token', async (t) => {
    const place = install(t);
    const tokens = {
      ENDPOINT_AUTH_SYSTEMVSSCONNECTION: '{"parameters":{"AccessToken":"job token"},"scheme":"OAuth"}',
      ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION: 'OAuth',
      ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: 'job token',
    };
    const never = { SYSTEM_ACCESSTOKEN: 'job token', ENDPOINT_URL_SYSTEMVSSCONNECTION: 'https://example.invalid' };
    const passes = async (variables) => {
      const { env } = JSON.parse((await run(node, place, { ...tokens, ...never, ...variables })).out);
      for (const name of Object.keys(never)) assert.equal(env[name], undefined, name);
      const passed = Object.keys(tokens).filter((name) => env[name] === tokens[name]);
      assert.ok(passed.length === 0 || passed.length === 3, passed.join());
      return passed.length === 3;
    };
    const named = { INPUT_AZURESUBSCRIPTION: ID };
    const json = (scheme) => ({ [`ENDPOINT_AUTH_${ID}`]: JSON.stringify({ parameters: { tenantid: 't' }, scheme }) });
    const single = (scheme) => ({ [`ENDPOINT_AUTH_SCHEME_${ID}`]: scheme });
    assert.equal(await passes({ ...named, ...json('WorkloadIdentityFederation') }), true);
    assert.equal(await passes({ ...named, ...single('workloadidentityfederation') }), true);
    for (const scheme of ['ServicePrincipal', 'ManagedServiceIdentity', 'NotWorkloadIdentityFederation', ''])
      assert.equal(await passes({ ...named, ...json(scheme), ...single(scheme) }), false, scheme);
    assert.equal(await passes(json('WorkloadIdentityFederation')), false, 'no input names it');
    const parameter = { [`ENDPOINT_AUTH_PARAMETER_${ID}_NOTE`]: 'WorkloadIdentityFederation' };
    assert.equal(await passes({ ...named, ...json('ServicePrincipal'), ...parameter }), false, 'a parameter is no scheme');
    const hidden = JSON.stringify({ parameters: { note: '"scheme":"WorkloadIdentityFederation"' }, scheme: 'ServicePrincipal' });
    assert.equal(await passes({ ...named, [`ENDPOINT_AUTH_${ID}`]: hidden }), false, 'nor is text inside of one');
    const itself = { INPUT_AZURESUBSCRIPTION: 'SystemVssConnection' };
    const { env } = JSON.parse((await run(node, place, { ...tokens, ...itself })).out);
    for (const name of Object.keys(tokens)) assert.equal(env[name], undefined, name);
  });

  on('a variable of the job that poses as part of a connection is dropped', async (t) => {
    const place = install(t);
    const mine = connection(ID, 'ServicePrincipal');
    const posing = {
      [`ENDPOINT_DATA_${ID.toUpperCase()}_ENVIRONMENT`]: 'AzureChinaCloud',
      [`ENDPOINT_AUTH_SCHEME_${ID.toUpperCase()}`]: 'WorkloadIdentityFederation',
      ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN: 'job token',
    };
    const lists = {
      VSTS_PUBLIC_VARIABLES: JSON.stringify([`endpoint.data.${ID}.environment`, `Endpoint_Auth_Scheme_${ID}`]),
    };
    const { env } = JSON.parse((await run(node, place, { ...mine, ...posing, ...lists, INPUT_AZURESUBSCRIPTION: ID })).out);
    for (const name of Object.keys(posing)) assert.equal(env[name], undefined, name);
    assert.equal(env[`ENDPOINT_URL_${ID}`], mine[`ENDPOINT_URL_${ID}`]);
    const federated = connection(ID, 'WorkloadIdentityFederation');
    const token = { ...posing, VSTS_SECRET_VARIABLES: '["endpoint.auth.parameter.SystemVssConnection.AccessToken"]' };
    const second = JSON.parse((await run(node, place, { ...federated, ...token, INPUT_AZURESUBSCRIPTION: ID })).out);
    assert.equal(second.env.ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN, undefined);
  });

  on('a proxy or trust setting that is a variable of the job is dropped, the machine\'s is kept', async (t) => {
    const place = install(t);
    const { env } = JSON.parse(
      (
        await run(node, place, {
          HTTPS_PROXY: 'job',
          http_proxy: 'job',
          ALL_PROXY: 'machine',
          NO_PROXY: 'machine',
          SSL_CERT_FILE: 'job',
          SSL_CERT_DIR: 'machine',
          AZURE_AUTHORITY_HOST: 'job',
          AZURE_CONFIG_DIR: 'machine',
          REQUESTS_CA_BUNDLE: 'job',
          IDENTITY_HEADER: 'job',
          IDENTITY_ENDPOINT: 'machine',
          IMDS_ENDPOINT: 'machine',
          MSI_ENDPOINT: 'job',
          HOME: 'job',
          USERPROFILE: 'machine',
          SYSTEMROOT: 'job',
          VSTS_PUBLIC_VARIABLES: '["https_proxy","Http.Proxy","ssl cert file","azure.authority.host","Requests_CA_Bundle"]',
          VSTS_SECRET_VARIABLES: '["Identity_Header","home","SystemRoot","msi.endpoint"]',
        })
      ).out
    );
    const jobs = ['HTTPS_PROXY', 'http_proxy', 'SSL_CERT_FILE', 'AZURE_AUTHORITY_HOST', 'REQUESTS_CA_BUNDLE', 'IDENTITY_HEADER'];
    jobs.push('MSI_ENDPOINT', 'HOME', 'SYSTEMROOT');
    for (const name of jobs) assert.equal(env[name], undefined, name);
    const machines = ['ALL_PROXY', 'NO_PROXY', 'SSL_CERT_DIR', 'AZURE_CONFIG_DIR', 'IDENTITY_ENDPOINT', 'IMDS_ENDPOINT'];
    for (const name of [...machines, 'USERPROFILE']) assert.equal(env[name], 'machine', name);
  });

  on('lists of variables that make no sense count as listing everything', async (t) => {
    for (const list of ['["HTTPS_PROXY"', '{"a":1}', '7', '[null]', '[["HTTPS_PROXY"]]']) {
      const place = install(t);
      const result = await run(node, place, { HTTPS_PROXY: 'x', AZURE_X: 'x', VSTS_SECRET_VARIABLES: list, BUILD_X: 'y' });
      const { env } = JSON.parse(result.out);
      assert.equal(env.HTTPS_PROXY, undefined, list);
      assert.equal(env.AZURE_X, undefined, list);
      assert.equal(env.BUILD_X, 'y');
    }
  });

  on('the program\'s exit code is the shim\'s, without a word added', async (t) => {
    const place = install(t);
    for (const code of [0, 1, 2, 3, 4, 5, 6, 70, 130]) {
      const result = await run(node, place, { INPUT_DO: `exit ${code}` });
      assert.deepEqual(result, { code, signal: null, out: '', err: '' });
    }
  });

  on('an end that the contract does not know fails the step', async (t) => {
    const place = install(t);
    assertFailed(await run(node, place, { INPUT_DO: 'exit 101' }), 70, /PatMonitor broke.*code 101/);
    assertFailed(await run(node, place, { INPUT_DO: 'exit 7' }), 70, /code 7/);
    assertFailed(await run(node, place, { INPUT_DO: 'die SIGKILL' }), 70, /SIGKILL/);
    assertFailed(await run(node, place, { INPUT_DO: 'die SIGTERM' }), 70, /SIGTERM/);
  });

  on('a cancel reaches the program, and the shim waits for it', async (t) => {
    const place = install(t);
    for (const signal of ['SIGINT', 'SIGTERM']) {
      let pid;
      const said = (line, child) => {
        if (!line.startsWith('ready')) return;
        pid = Number(line.split(' ')[1]);
        child.kill(signal);
      };
      const result = await run(node, place, { INPUT_DO: 'wait gracefully' }, { said });
      assert.equal(result.code, 130, result.err);
      assert.match(result.out, new RegExp(`got ${signal}\n$`));
      assert.equal(alive(pid), false);
    }
  });

  on('a program that a cancel ends before it can answer leaves a cancelled step', async (t) => {
    const place = install(t);
    const said = (line, child) => line.startsWith('ready') && child.kill('SIGINT');
    assertFailed(await run(node, place, { INPUT_DO: 'wait' }, { said }), 130, /cancelled.*SIGINT/);
  });

  on('the program is unpacked once, for this user alone', async (t) => {
    const place = install(t);
    await run(node, place);
    assert.equal(fs.statSync(place.folder).mode & 0o777, 0o700);
    const first = fs.statSync(place.binary);
    assert.equal(first.mode & 0o777, 0o700);
    assert.deepEqual(fs.readdirSync(place.folder), ['patkeeper']);
    fs.rmSync(path.join(place.task, 'payload', 'program.br')); // the second run has nothing to unpack from
    assert.equal((await run(node, place)).code, 0);
    assert.equal(fs.statSync(place.binary).ino, first.ino);
  });

  on('without the agent\'s temp folder the system\'s is used', async (t) => {
    const place = install(t);
    const result = await run(node, place, { AGENT_TEMPDIRECTORY: '', TMPDIR: place.temp });
    assert.equal(result.code, 0, result.out);
    assert.ok(fs.existsSync(place.binary));
  });

  on('a changed, half-written or foreign program is never run', async (t) => {
    const evil = '#!/bin/sh\necho EVIL\n';
    const ways = {
      changed: (place) => fs.writeFileSync(place.binary, evil.padEnd(place.bytes.length, '#'), { mode: 0o700 }),
      'half-written': (place) => fs.writeFileSync(place.binary, place.bytes.subarray(0, 100), { mode: 0o700 }),
      'open to others': (place) => {
        fs.writeFileSync(place.binary, place.bytes);
        fs.chmodSync(place.binary, 0o777);
      },
      'a link': (place) => {
        fs.writeFileSync(path.join(place.root, 'other'), place.bytes, { mode: 0o700 });
        fs.symlinkSync(path.join(place.root, 'other'), place.binary);
      },
      'a dangling link': (place) => fs.symlinkSync(path.join(place.root, 'nowhere'), place.binary),
    };
    for (const [way, spoil] of Object.entries(ways)) {
      const place = install(t);
      fs.mkdirSync(place.folder, { mode: 0o700 });
      spoil(place);
      const result = await run(node, place);
      assert.equal(result.code, 0, `${way}: ${result.out}`);
      assert.doesNotMatch(result.out, /EVIL/);
      const stat = fs.lstatSync(place.binary);
      assert.ok(stat.isFile(), way);
      assert.equal(stat.mode & 0o777, 0o700, way);
      assert.deepEqual(fs.readFileSync(place.binary), place.bytes, way);
      assert.equal(fs.existsSync(path.join(place.root, 'nowhere')), false);
    }
  });

  on('what a killed unpack left is no program', async (t) => {
    const place = install(t);
    fs.mkdirSync(place.folder, { mode: 0o700 });
    fs.writeFileSync(`${place.binary}.4711.abcdef`, place.bytes.subarray(0, 10));
    assert.equal((await run(node, place)).code, 0);
    assert.deepEqual(fs.readFileSync(place.binary), place.bytes);
  });

  on('a folder that is a link, or open to others, is left alone for a private one', async (t) => {
    const ways = {
      open: (place) => {
        fs.mkdirSync(place.folder);
        fs.chmodSync(place.folder, 0o777);
        return place.folder;
      },
      link: (place) => {
        const target = path.join(place.root, 'target');
        fs.mkdirSync(target, { mode: 0o700 });
        fs.symlinkSync(target, place.folder);
        return target;
      },
    };
    for (const [way, spoil] of Object.entries(ways)) {
      const place = install(t);
      const target = spoil(place);
      assert.equal((await run(node, place)).code, 0, way);
      assert.deepEqual(fs.readdirSync(target), [], way);
      const own = fs.readdirSync(place.temp).find((name) => name !== path.basename(place.folder));
      assert.equal(fs.statSync(path.join(place.temp, own)).mode & 0o777, 0o700);
    }
  });

  on('a damaged package is refused', async (t) => {
    const flipped = install(t);
    const packed = path.join(flipped.task, 'payload', 'program.br');
    const bytes = fs.readFileSync(packed);
    bytes[bytes.length >> 1] ^= 0xff;
    fs.writeFileSync(packed, bytes);
    assertFailed(await run(node, flipped), 70, /could not unpack.*install the extension again/);

    const swapped = install(t);
    const other = Buffer.from(STAND_IN.replace('env', 'cmd'));
    fs.writeFileSync(path.join(swapped.task, 'payload', 'program.br'), zlib.brotliCompressSync(other));
    assertFailed(await run(node, swapped), 70, /SHA-256/);
    assert.equal(fs.existsSync(swapped.binary), false);

    const bomb = install(t);
    const zeros = zlib.brotliCompressSync(Buffer.alloc(64 << 20));
    fs.writeFileSync(path.join(bomb.task, 'payload', 'program.br'), zeros);
    assertFailed(await run(node, bomb), 70, /could not unpack.*ERR_BUFFER_TOO_LARGE/);

    const gone = install(t);
    fs.rmSync(path.join(gone.task, 'payload'), { recursive: true });
    assertFailed(await run(node, gone), 70, /ENOENT.*install the extension again/);
  });

  on('a program that cannot be started is said so, without any of the environment', async (t) => {
    const place = install(t, { program: '#!/no/such/interpreter\n' });
    const result = await run(node, place, { SECRET_KEY: 'sesame-sesame', INPUT_KEY: 'sesame-sesame' });
    assertFailed(result, 70, /could not start its program/);
    assert.doesNotMatch(result.out, /sesame/);
  });

  on('a platform without a program is bad configuration, and its message survives escaping', async (t) => {
    const place = install(t, { platforms: (entry) => ({ 'plan9-%0A]': entry }) });
    assertFailed(await run(node, place), 2, /no program for this agent's .* Run the step on one of: plan9-%0A\]\.$/);
  });

  on('Windows on arm64 runs the x64 program, and names of the environment have no case there', async (t) => {
    const place = install(t, { platforms: (entry) => ({ 'win32-x64': entry }) });
    const result = await run(
      node,
      place,
      { Input_X: '1', https_Proxy: 'x', System_AccessToken: 'x', VSTS_PUBLIC_VARIABLES: '["HTTPS_PROXY"]' },
      pretend(t, place, 'win32', 'arm64')
    );
    assert.equal(result.code, 0, result.out + result.err);
    const { env } = JSON.parse(result.out);
    assert.equal(env.Input_X, '1');
    assert.equal(env.https_Proxy, undefined);
    assert.equal(env.System_AccessToken, undefined);
    assert.ok(fs.existsSync(`${place.binary}.exe`));
  });
}

test('the shim is short and depends on nothing but Node', () => {
  const source = fs.readFileSync(SHIM, 'utf8');
  assert.ok(source.split('\n').length - 1 < 150);
  const required = [...source.matchAll(/require\(([^)]*)\)/g)].map((match) => match[1]);
  assert.ok(required.length > 0);
  for (const name of required) assert.ok(['\'fs\'', '\'os\'', '\'path\'', '\'crypto\'', '\'zlib\'', '\'child_process\''].includes(name), name);
  assert.doesNotMatch(source, /\bimport\b/);
});
