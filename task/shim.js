'use strict';
// The agent can start only Node outside Windows, so this file stands between it and the program: it unpacks the
// program for this platform, checks it, and runs it with no more of the environment than it needs.
// Every task ships the same copy. It must run unchanged on Node 16, 20 and 24, with nothing but Node.
const fs = require('fs');
const os = require('os');
const path = require('path');
const crypto = require('crypto');
const { spawn } = require('child_process');

const WINDOWS = process.platform === 'win32';
const BAD_CONFIGURATION = 2, BUG = 70, CANCELLED = 130;
const CONTRACT = [0, 1, BAD_CONFIGURATION, 3, 4, 5, 6, BUG, CANCELLED]; // any other end means that it broke

// What the program may see: its inputs, what the agent says of itself and of the run, the two secrets that reach the
// agent's own proxy and certificate, and what a process, `az` included, needs to live. Never the job's own token here.
const PASSED = new RegExp(
  '^(?:(?:INPUT|SYSTEM(?!_ACCESSTOKEN$)|BUILD|RELEASE|AGENT)_.*|TF_BUILD|SECRET_AGENT_(?:PROXY|CLIENTCERT)PASSWORD' +
    '|USER|LOGNAME|SHELL|TEMP|TMP|TMPDIR|LANG|LANGUAGE|LC_.*|USERNAME|PROGRAMDATA|PROGRAMFILES.*|SYSTEMDRIVE)$'
);
// Steers where tokens go, whom is trusted, and which program and sign-in `az` is. As a setting of the machine it is
// honored; as a variable of the job whoever queues the run could have set it. So could they a part of a connection.
const STEERING = new RegExp(
  '^(?:(?:HTTPS?|ALL|NO)_PROXY|SSL_CERT_(?:FILE|DIR)|(?:REQUESTS|CURL)_CA_BUNDLE|(?:AZURE|IDENTITY|IMDS|MSI)_.*|PATH' +
    '|PATHEXT|HOME|HOMEDRIVE|HOMEPATH|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|WINDIR|COMSPEC)$'
);
const CONNECTION = /^ENDPOINT_(?:URL|DATA|AUTH(?:_SCHEME|_PARAMETER)?)_/;
const FEDERATED = /^WorkloadIdentityFederation$|"scheme"\s*:\s*"WorkloadIdentityFederation"/i;
const JOB_TOKEN = /^ENDPOINT_AUTH(?:_SCHEME|_PARAMETER)?_SYSTEMVSSCONNECTION(?:_|$)/;

/** The job's variables, named as in the environment. Where the agent's lists make no sense, every name is one. */
function jobVariables(env) {
  try {
    const names = [env.VSTS_PUBLIC_VARIABLES, env.VSTS_SECRET_VARIABLES].flatMap((list) => JSON.parse(list || '[]'));
    return new Set(names.map((name) => name.replace(/[. ]/g, '_').toUpperCase()));
  } catch (_) {
    return { has: () => true };
  }
}

/** Of the connections only the one that the input names; the job's own token only if that one trades it in. */
function environment(env) {
  const listed = jobVariables(env);
  const id = (env.INPUT_AZURESUBSCRIPTION || '').trim().toUpperCase();
  const passed = {}, jobToken = {};
  let federated = false;
  for (const [name, value] of Object.entries(env)) {
    const upper = name.toUpperCase(), machine = !listed.has(upper);
    const named = id && CONNECTION.test(upper) && `${upper.replace(CONNECTION, '')}_`.startsWith(`${id}_`);
    if (machine && JOB_TOKEN.test(upper)) jobToken[name] = value;
    else if (named || STEERING.test(upper) ? machine : PASSED.test(WINDOWS ? upper : name)) passed[name] = value;
    if (named && machine && /^ENDPOINT_AUTH_(?!PARAMETER_)/.test(upper) && FEDERATED.test(value)) federated = true;
  }
  return federated ? Object.assign(passed, jobToken) : passed;
}

/** Ends the step as failed. `%` is escaped first, or it would undo the others. */
function fail(message, code) {
  const text = message.replace(/%/g, '%AZP25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  process.exitCode = code;
  process.stdout.write(`\n##vso[task.logissue type=error]${text}\n##vso[task.complete result=Failed]${text}\n`);
}

/** A failure whose message is written for the reader; `exit` is the step's exit code. */
const failure = (message, exit) => Object.assign(new Error(message), { exit });

const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

/** True for what belongs to this user, and nobody else can read or change. A link is never followed. */
function mine(file, kind) {
  const stat = fs.lstatSync(file);
  return stat[kind]() && (WINDOWS || (stat.uid === process.getuid() && (stat.mode & 0o077) === 0));
}

/** Unpacks the program into `folder`, or finds it there, and returns its path. */
function place(folder, entry) {
  if (!mine(folder, 'isDirectory')) throw new Error('the folder is open to other users');
  const file = path.join(folder, WINDOWS ? 'patkeeper.exe' : 'patkeeper');
  if (fs.existsSync(file) && mine(file, 'isFile') && sha256(fs.readFileSync(file)) === entry.sha256) return file;
  const packed = fs.readFileSync(path.join(__dirname, 'payload', entry.file));
  const bytes = require('zlib').brotliDecompressSync(packed, { maxOutputLength: entry.size });
  if (sha256(bytes) !== entry.sha256) throw new Error('its SHA-256 is not the one in payload.json');
  const fresh = `${file}.${process.pid}.${crypto.randomBytes(6).toString('hex')}`;
  try {
    fs.writeFileSync(fresh, bytes, { flag: 'wx', mode: 0o700 });
    fs.renameSync(fresh, file); // its name comes last, so that a killed unpack leaves no half program
  } finally {
    fs.rmSync(fresh, { force: true });
  }
  return file;
}

function program() {
  const { platforms } = JSON.parse(fs.readFileSync(path.join(__dirname, 'payload', 'payload.json'), 'utf8'));
  const arch = WINDOWS && process.arch === 'arm64' ? 'x64' : process.arch; // Windows on arm64 runs x64 programs
  const entry = platforms[`${process.platform}-${arch}`];
  if (!entry) {
    const what = `Patkeeper's package has no program for this agent's ${process.platform}-${process.arch}.`;
    throw failure(`${what} Run the step on one of: ${Object.keys(platforms).join(', ')}.`, BAD_CONFIGURATION);
  }
  const shared = path.join(process.env.AGENT_TEMPDIRECTORY || os.tmpdir(), `patkeeper-${entry.sha256.slice(0, 16)}`);
  try {
    fs.mkdirSync(shared, { recursive: true, mode: 0o700 });
    try {
      return place(shared, entry);
    } catch (_) {
      return place(fs.mkdtempSync(`${shared}-`), entry); // another user's, or in use: a folder nobody else knows
    }
  } catch (error) {
    const what = `Patkeeper could not unpack its program: ${error.code || error.message}. Nothing was done.`;
    throw failure(`${what} Check the agent's temp folder and the room on it; else install the extension again.`, BUG);
  }
}

function run() {
  const task = JSON.parse(fs.readFileSync(path.join(__dirname, 'task.json'), 'utf8').replace(/^\uFEFF/, '')).name;
  let child, cancelled = false;
  // The agent signals this process only. On Windows the console tells the whole group, the program included.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', ...(WINDOWS ? ['SIGBREAK'] : [])])
    process.on(signal, () => {
      cancelled = true;
      if (child && !WINDOWS) child.kill(signal);
    });
  const env = environment(process.env);
  child = spawn(program(), ['task', task], { stdio: ['ignore', 'inherit', 'inherit'], env, windowsHide: true });
  process.on('exit', () => child.kill()); // no orphan if this process fails; nothing once the program has ended
  child.on('error', unstarted);
  child.on('exit', (code, signal) => {
    if (CONTRACT.includes(code)) process.exitCode = code;
    else if (signal && cancelled) fail(`${task} was cancelled and ended by ${signal}.`, CANCELLED);
    else {
      const what = `${task} broke: its program ended with ${signal || `the unknown code ${code}`}, its result is lost.`;
      fail(`${what} What it had done is above. Run the step again; if it happens again, report it.`, BUG);
    }
  });
}

function unstarted(error) {
  const what = `Patkeeper could not start its program (${error.code || error.name}). Nothing was done.`;
  const next = /^spawn/.test(error.syscall) ? 'The agent\'s temp folder must let programs run (noexec, antivirus).'
    : 'Its package is damaged: clear the agent\'s _tasks folder, else install the extension again.';
  fail(error.exit ? error.message : `${what} ${next}`, error.exit || BUG);
}

try {
  run();
} catch (error) {
  unstarted(error);
}
