'use strict';
// Every pipeline that people copy, in pipelines/ and in the documentation, against Microsoft's language service with
// our tasks added. It flags an input that a task does not have, and a key that a step does not have.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const path = require('path');
const { parse } = require('yaml');
const service = require('azure-pipelines-language-service');

const ROOT = path.join(__dirname, '..', '..');
const SCHEMA = path.join(process.env.PATKEEPER_SPECS || '', 'service-schema.json');
const skip = fs.existsSync(SCHEMA) ? false : 'Microsoft\'s service-schema.json is not beside this checkout';
// What makes a piece of YAML a pipeline; anything else is a policy file, or a part of something.
const PIPELINE = ['steps', 'jobs', 'stages', 'trigger', 'pool', 'schedules', 'extends', 'resources'];

/** What the schema says of a marketplace task: nothing. So it is told. */
function withOurTasks(schema) {
  const task = schema.definitions.task;
  for (const name of fs.readdirSync(path.join(ROOT, 'task'))) {
    const file = path.join(ROOT, 'task', name, 'task.json');
    if (!fs.existsSync(file)) continue;
    const json = JSON.parse(fs.readFileSync(file, 'utf8'));
    const id = `${json.name}@${json.version.Major}`;
    const properties = {};
    for (const input of json.inputs) {
      const type = { boolean: 'boolean', int: 'integer' }[input.type] || 'string';
      const values = input.type === 'pickList' ? Object.keys(input.options) : null;
      // A number, a flag or a choice may also be given by a variable.
      const variable = { type: 'string', pattern: '^\\$[(\\[{].+[)\\]}]$' };
      const literal = values ? { enum: values } : { type };
      for (const known of [input.name, ...(input.aliases || [])])
        properties[known] = type === 'string' && !values ? { type, ignoreCase: 'key' } : { anyOf: [literal, variable] };
    }
    const required = json.inputs.filter((input) => input.required && !input.defaultValue).map((input) => input.name);
    task.properties.task.anyOf.push({ enum: [id], ignoreCase: 'value' });
    task.anyOf.push({
      properties: {
        task: { pattern: `^${id}$`, ignoreCase: 'value' },
        inputs: { properties, additionalProperties: false, required },
      },
      firstProperty: ['task'],
      required: required.length > 0 ? ['task', 'inputs'] : ['task'],
    });
  }
  return withTemplates(schema);
}

/** A name may be filled in by a template expression, which the schema's patterns do not know. */
function withTemplates(part) {
  if (part && typeof part === 'object') {
    if (part.pattern === '^[-_A-Za-z0-9]*$') part.pattern = '^([-_A-Za-z0-9]|\\$\\{\\{.+\\}\\})*$';
    Object.values(part).forEach(withTemplates);
  }
  return part;
}

let language;
async function complaints(text) {
  if (!language) {
    const schema = withOurTasks(JSON.parse(fs.readFileSync(SCHEMA, 'utf8')));
    language = service.getLanguageService(async () => schema, [], async () => 'file:///schema.json');
    language.configure({ validate: true });
    // The service tells its own progress on the console at its first validation.
    const log = console.log;
    console.log = () => {};
    await language.doValidation(service.TextDocument.create('file:///a.yml', 'azure-pipelines', 1, ''), service.parse(''));
    console.log = log;
  }
  const document = service.TextDocument.create('file:///azure-pipelines.yml', 'azure-pipelines', 1, text);
  const found = await language.doValidation(document, service.parse(text));
  return found.map((one) => `line ${one.range.start.line + 1}: ${one.message}`);
}

/** The YAML blocks of a Markdown file, with the line they start on. */
function blocks(file) {
  const found = [];
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  lines.forEach((line, index) => {
    const fence = line.match(/^(\s*)```ya?ml\b/);
    if (!fence) return;
    const end = lines.findIndex((other, at) => at > index && other.trim() === '```');
    const text = lines.slice(index + 1, end).map((inner) => inner.slice(fence[1].length)).join('\n');
    found.push({ where: `${path.relative(ROOT, file)}:${index + 2}`, text });
  });
  return found;
}

/** Every text file of `folder` with this extension, its subfolders included. */
const files = (folder, extension) =>
  fs.existsSync(folder)
    ? fs
        .readdirSync(folder, { withFileTypes: true })
        .flatMap((entry) => {
          const at = path.join(folder, entry.name);
          return entry.isDirectory() ? files(at, extension) : at.endsWith(extension) ? [at] : [];
        })
        .sort()
    : [];

const pages = [
  ...fs.readdirSync(ROOT).filter((name) => name.endsWith('.md')).map((name) => path.join(ROOT, name)),
  ...files(path.join(ROOT, 'docs'), '.md'),
  path.join(ROOT, 'task', 'overview.md'),
];
const samples = [
  ...files(path.join(ROOT, 'pipelines'), '.yml').map((file) => ({
    where: path.relative(ROOT, file),
    text: fs.readFileSync(file, 'utf8'),
  })),
  ...pages.flatMap(blocks),
];
const pipelines = samples.filter(({ text }) => {
  const top = parse(text, { logLevel: 'silent' });
  return top && typeof top === 'object' && PIPELINE.some((key) => key in top);
});

test('all YAML that people copy can be read', () => {
  for (const { where, text } of samples) assert.doesNotThrow(() => parse(text, { logLevel: 'error' }), where);
});

test('the samples are found', () => {
  const names = pipelines.map(({ where }) => where);
  for (const name of ['weekly-audit.yml', 'organization-audit.yml', 'rotate.yml', 'release-gate.yml', 'ci.yml', 'release.yml'])
    assert.ok(names.includes(path.join('pipelines', name)), name);
  for (const page of ['patmonitor.md', 'patrotate.md', 'patrevoke.md', 'pataudit.md'])
    assert.ok(names.filter((name) => name.includes(page)).length >= 3, page);
});

for (const { where, text } of pipelines)
  test(`${where} is a valid pipeline`, { skip }, async () => assert.deepEqual(await complaints(text), []));

test('the language service does flag what is wrong', { skip }, async () => {
  const step = (inputs) => `steps:\n  - task: PatMonitor@1\n    inputs:\n      ${inputs}\n`;
  assert.deepEqual(await complaints(step('failOn: critical')), []);
  assert.deepEqual(await complaints(step('warningDays: $(days)')), []);
  assert.notDeepEqual(await complaints(step('failsOn: critical')), []);
  assert.notDeepEqual(await complaints(step('failOn: sometimes')), []);
  assert.notDeepEqual(await complaints(step('warningDays: soon')), []);
  assert.notDeepEqual(await complaints('steps:\n  - task: PatMonitor@2\n'), []);
  assert.notDeepEqual(await complaints('steps:\n  - task: PatRotate@1\n    inputs:\n      name: x\n'), []);
  assert.notDeepEqual(await complaints('steps:\n  - task: PatMonitor@1\n    retries: 3\n'), []);
  assert.deepEqual(await complaints('jobs:\n  - job: ${{ pat.job }}\n    steps: []\n'), []);
  assert.notDeepEqual(await complaints('jobs:\n  - job: a b\n    steps:\n      - bash: x\n'), []);
});

test('no audit keeps a token from being rotated, and one that was not rotated keeps its consumer waiting', () => {
  const text = fs.readFileSync(path.join(ROOT, 'pipelines', 'rotate.yml'), 'utf8');
  const { jobs, lockBehavior } = parse(text);
  const all = jobs.flatMap((job) => job.job ? [job] : Object.values(job).flat());
  const using = (task) => all.filter(({ steps }) => steps.some((step) => step.task === task));
  const [audit, ...others] = using('PatMonitor@1');
  assert.deepEqual(others, []);
  assert.equal(audit.steps.find(({ task }) => task === 'PatMonitor@1').inputs.failOn, 'never');
  const rotating = using('PatRotate@1');
  assert.ok(rotating.length > 0);
  for (const job of rotating)
    assert.deepEqual([job.dependsOn, job.condition], [audit.job, 'succeededOrFailed()'], job.job);
  const [consumer] = using('AzureKeyVault@2');
  const pats = parse(text).parameters.find(({ name }) => name === 'pats').default;
  assert.ok(pats.some(({ job, secret }) => job === consumer.dependsOn && text.includes(`SecretsFilter: ${secret} `)));
  assert.equal(consumer.condition, `in(dependencies.${consumer.dependsOn}.result, 'Succeeded', 'SucceededWithIssues')`);
  assert.equal(lockBehavior, 'sequential');
});

test('links between the pages lead somewhere', () => {
  const slug = (title) => title.toLowerCase().replace(/[^\w\- ]/g, '').replace(/ /g, '-');
  for (const page of pages) {
    const text = fs.readFileSync(page, 'utf8').replace(/```[\s\S]*?```/g, '');
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file, anchor] = target.split('#');
      const to = file ? path.join(path.dirname(page), file) : page;
      assert.ok(fs.existsSync(to), `${path.relative(ROOT, page)} links to ${target}`);
      if (!anchor || !to.endsWith('.md')) continue;
      const titles = [...fs.readFileSync(to, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title]) => slug(title));
      assert.ok(titles.includes(anchor), `${path.relative(ROOT, page)} links to ${target}: no such heading`);
    }
  }
});
