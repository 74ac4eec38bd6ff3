'use strict';
// Every task.json against Microsoft's own schema, and against what the schema cannot say.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('fs');
const path = require('path');
const Ajv = require('ajv-draft-04');

const TASKS = path.join(__dirname, '..', '..', 'task');
const SCHEMA = path.join(process.env.PATKEEPER_SPECS || '', 'tasks.schema.json');
const skip = fs.existsSync(SCHEMA) ? false : 'Microsoft\'s tasks.schema.json is not beside this checkout';

const tasks = fs
  .readdirSync(TASKS)
  .sort()
  .filter((name) => fs.existsSync(path.join(TASKS, name, 'task.json')))
  .map((name) => ({ name, json: JSON.parse(fs.readFileSync(path.join(TASKS, name, 'task.json'), 'utf8')) }));

test('the tasks are found', () => assert.deepEqual(tasks.map((task) => task.name), ['PatAudit', 'PatMonitor', 'PatRevoke', 'PatRotate']));

for (const { name, json } of tasks) {
  test(`${name}: task.json fits the schema`, { skip }, () => {
    // The schema has the pattern `connectedService\:`, which is not legal under the `u` flag.
    const ajv = new Ajv({ allErrors: true, unicodeRegExp: false, strict: false });
    const fits = ajv.compile(JSON.parse(fs.readFileSync(SCHEMA, 'utf8')));
    assert.ok(fits(json), JSON.stringify(fits.errors, null, 2));
    assert.equal(fits({ ...json, inputs: [{ ...json.inputs[0], type: 'text' }] }), false, 'the schema checks nothing');
  });

  test(`${name}: what the agent and the designer need`, () => {
    assert.equal(json.name, name);
    assert.ok(json.friendlyName.length <= 40);
    assert.equal(json.minimumAgentVersion, '3.232.1'); // the first agent that has Node 20
    assert.deepEqual(Object.keys(json.execution), ['Node20_1', 'Node24']);
    assert.deepEqual(json.execution.Node20_1, json.execution.Node24);
    const groups = json.groups.map((group) => group.name);
    const inputs = json.inputs.map((input) => input.name);
    assert.equal(new Set(inputs.map((input) => input.toLowerCase())).size, inputs.length);
    for (const input of json.inputs) {
      if (input.groupName) assert.ok(groups.includes(input.groupName), `${input.name} is in no group`);
      if (input.type === 'pickList') assert.ok(Object.keys(input.options).length > 0, `${input.name} has no choice`);
      if (input.options && input.defaultValue) assert.ok(input.defaultValue in input.options, input.name);
      for (const [, named] of (input.visibleRule || '').matchAll(/(\w+) *(?:!=|=)/g))
        assert.ok(inputs.includes(named), `${input.name} depends on ${named}`);
    }
    // A step may set what it declares, and nothing that a name of a stranger could make it set.
    const outputs = json.outputVariables.map((output) => output.name);
    assert.deepEqual(json.restrictions.settableVariables.allowed, outputs);
  });

  test(`${name}: the icon is a PNG of 32 by 32`, () => {
    const icon = fs.readFileSync(path.join(TASKS, name, 'icon.png'));
    assert.equal(icon.toString('latin1', 1, 4), 'PNG');
    assert.deepEqual([icon.readUInt32BE(16), icon.readUInt32BE(20)], [32, 32]);
  });
}

test('the extension contributes every task and packs its folder, and the tab beside them', () => {
  const extension = JSON.parse(fs.readFileSync(path.join(TASKS, '..', 'vss-extension.json'), 'utf8'));
  const kind = 'ms.vss-distributed-task.task';
  const contributed = extension.contributions.filter((one) => one.type === kind).map((one) => one.properties.name);
  const names = tasks.map((task) => task.name);
  assert.deepEqual(contributed.sort(), names);
  assert.deepEqual(extension.files.filter((file) => !file.addressable && !file.contentType).map((file) => file.path).sort(), names);
  const [tab] = extension.contributions.filter((one) => one.type === 'ms.vss-build-web.build-results-tab');
  assert.deepEqual(tab.targets, ['ms.vss-build-web.build-results-view']);
  // Without `dynamic` a YAML run of several stages does not show the tab.
  assert.equal(tab.properties.dynamic, true);
  assert.deepEqual(extension.files.filter((file) => file.addressable).map((file) => file.path), [path.dirname(tab.properties.uri)]);
});

test('no two tasks share an id', () => {
  assert.equal(new Set(tasks.map((task) => task.json.id)).size, tasks.length);
});
