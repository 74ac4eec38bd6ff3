'use strict';
// Documents as the steps of a build leave them, made to order. They fit the published schemas: see tab.test.js.

const DAY = 86_400_000;
/** The moment of every test. */
const NOW = Date.parse('2026-11-22T10:00:00Z');

const TOOL = { name: 'patkeeper', version: '1.0.0' };
const WARNING_DAYS = 30;
const CRITICAL_DAYS = 7;

const iso = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');
const guid = (number) => `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
const run = (task, at = NOW) => ({ task, at: iso(at), requests: 3, link: null, pipeline: 'weekly-audit' });

/** A PAT with so many days left at `at`. */
function pat(number, displayName, daysLeft, more = {}, at = NOW) {
  const end = iso(at + daysLeft * DAY + 5 * 3_600_000);
  const status = daysLeft < 0 ? 'expired' : daysLeft <= CRITICAL_DAYS ? 'critical' : daysLeft <= WARNING_DAYS ? 'warning' : 'healthy';
  return {
    organization: 'acme', owner: null, authorizationId: guid(number), displayName, family: displayName, scopes: ['vso.code'],
    validFrom: iso(at - 60 * DAY), validTo: end, effectiveExpiry: end, daysLeft, global: false, status, replacedBy: null, ...more,
  };
}

const owner = (name) => ({ name, descriptor: `aad.${Buffer.from(name).toString('hex')}` });

const finding = (about, rule, severity, message, remedy, waived = null) => ({
  rule, severity, organization: about.organization, owner: about.owner, authorizationId: about.authorizationId,
  subject: about.displayName, message, remedy, waived,
});

const ORDER = ['expired', 'critical', 'warning', 'healthy', 'replaced'];

/** What PatMonitor leaves. */
function report(pats, { findings = [], missing = [], unreadable = [], notes = [], scope = 'mine', slice = null, merged = [], at = NOW, organizations = ['acme'] } = {}) {
  const sorted = [...pats].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || a.daysLeft - b.daysLeft);
  const count = (status) => sorted.filter((one) => one.status === status).length;
  const live = sorted.filter((one) => one.daysLeft >= 0 && one.status !== 'replaced').sort((a, b) => a.daysLeft - b.daysLeft)[0];
  const worst = ['expired', 'critical', 'warning'].find((status) => count(status) > 0);
  return {
    schema: 'patkeeper.report/1', tool: TOOL, run: run('PatMonitor', at),
    status: unreadable.length ? 'unknown' : missing.length ? 'missing' : (worst ?? 'ok'),
    totals: {
      total: sorted.length, healthy: count('healthy'), warning: count('warning'), critical: count('critical'),
      expired: count('expired'), replaced: count('replaced'), missing: missing.length, unreadable: unreadable.length,
      policyFindings: findings.filter((one) => !one.waived).length, waived: findings.filter((one) => one.waived).length,
      history: 0, elsewhere: 0,
    },
    soonest: live ? { displayName: live.displayName, daysLeft: live.daysLeft } : null,
    organizations: organizations.map((name) => ({
      name, accountId: null, signedInAs: 'svc-build@acme.example', identityKind: 'user', signIn: 'access token',
      read: sorted.filter((one) => one.organization === name).length,
      users: scope === 'mine' ? null : { read: 40, skipped: 0, gone: 0, unreadable: 0 },
    })),
    settings: {
      scope, names: [], requireNames: missing.map((one) => one.pattern), warningDays: WARNING_DAYS, criticalDays: CRITICAL_DAYS,
      expiredWithinDays: 30, failOn: 'expired', failOnPolicy: 'never',
      rules: [
        { rule: 'full-access', severity: 'error', limit: null, from: 'default' },
        { rule: 'lifetime', severity: 'warning', limit: '90 days', from: 'default' },
      ],
      waivers: [],
    },
    slice, merged, pats: sorted, findings, missing, unreadable, notes,
  };
}

/** A week as it is: something ended, something due, findings, one of them waived. */
function monday(at = NOW) {
  const pats = [
    pat(1, 'ci-deploy-prod', -3, { scopes: ['vso.build_execute'] }, at),
    pat(2, 'nuget-feed-sync', 5, { scopes: ['vso.packaging_write'] }, at),
    pat(3, 'legacy-all-orgs', 8, { global: true, validTo: '2027-03-01T00:00:00Z', effectiveExpiry: '2026-12-01T00:00:00Z' }, at),
    pat(4, 'board-bot', 21, { scopes: ['vso.work_write', 'vso.code', 'vso.build'] }, at),
    pat(5, 'vendor-bridge', 44, { scopes: ['app_token'] }, at),
    pat(6, 'docs-publisher', 80, {}, at),
    pat(7, 'release-notes', 200, {}, at),
  ];
  return report(pats, {
    at,
    findings: [
      finding(pats[4], 'full-access', 'error', 'app_token opens everything its owner can', 'Give it the scopes it uses.', { until: '2027-01-31', reason: 'vendor tool, replaced in January' }),
      finding(pats[6], 'lifetime', 'warning', '260 days, allowed 90', 'Make it anew with at most 90 days.'),
    ],
    notes: ['Global PATs stop working on 2026-12-01.'],
  });
}

/** Everything as it should be. */
const healthy = (at = NOW) => report([pat(1, 'docs-publisher', 80, {}, at), pat(2, 'release-notes', 60, {}, at)], { at });

/** An organization of many: every user's PATs. */
function many(count, at = NOW) {
  const scopes = ['vso.code', 'vso.build_execute', 'vso.packaging_write', 'vso.work', 'app_token'];
  const pats = Array.from({ length: count }, (_, i) =>
    pat(i + 1, `token-${String(i + 1).padStart(5, '0')}`, ((i * 37) % 365) - 20, {
      scopes: [scopes[i % scopes.length]], owner: owner(`user-${i % 250}@acme.example`),
    }, at));
  const findings = pats.filter((one) => one.scopes[0] === 'app_token')
    .map((one) => finding(one, 'full-access', 'error', 'app_token opens everything its owner can', 'Give it the scopes it uses.'));
  return report(pats, { scope: 'organization', findings, at });
}

const failure = (what, why, waysOut) => ({ kind: 'refused', code: 'VS403283', what, why, waysOut, serviceWords: '"Not today." (HTTP 403)' });

/** What PatRotate leaves. */
function rotation(more = {}) {
  return {
    schema: 'patkeeper.rotation/1', tool: TOOL, run: run('PatRotate'), sentence: 'Rotated. Next due 2027-01-21.',
    name: 'ci-build', organization: 'acme', store: 'Key Vault kv-devops', secret: 'build-pipeline-pat', dryRun: false,
    rotated: true, extended: false, reason: 'under a third of 90 days is left',
    before: { authorizationId: guid(0x77), displayName: 'ci-build-2026-08-20-77ab01cd', scopes: ['vso.build_execute'], validTo: '2026-11-30T10:00:00Z' },
    after: { authorizationId: guid(0x78), displayName: 'ci-build-2026-11-22-3f9c01ab', scopes: ['vso.build_execute'], validTo: '2027-02-20T10:00:00Z' },
    version: '4f1d0000000000000000000000000000', nextDue: '2027-01-21T10:00:00Z',
    previous: { authorizationId: guid(0x77), revoked: false },
    waiting: [{ authorizationId: guid(0x77), notBefore: '2026-11-23T10:00:00Z' }],
    others: [{ authorizationId: guid(0x77), displayName: 'ci-build-2026-08-20-77ab01cd', fate: 'waits', validUntil: '2026-11-23T10:00:00Z', words: 'waits until 2026-11-23 10:00 UTC (overlap 24 h); the next run revokes it' }],
    unrecorded: [], steps: [{ step: 'mint', outcome: 'done', words: 'ci-build-2026-11-22-3f9c01ab', more: '' }], warnings: [], failure: null, ...more,
  };
}

/** What PatRevoke leaves. */
function revocation(more = {}) {
  const revoked = { authorizationId: guid(0x91), displayName: 'leaked-in-a-gist', owner: null, scopes: ['vso.code'], validTo: '2027-01-01T00:00:00Z', global: false, outcome: 'revoked', failure: null };
  const [organization] = report([]).organizations;
  return {
    schema: 'patkeeper.revocation/1', tool: TOOL, run: run('PatRevoke'), organization,
    settings: { scope: 'mine', selector: 'authorizationIds', authorizationIds: [guid(0x91)], names: [], owners: [], dryRun: false, expectCount: null, reason: 'INC-4711' },
    counts: { matched: 1, revoked: 1, alreadyGone: 0, failed: 0, wouldRevoke: 0, elsewhere: 0, unreadable: 0 },
    pats: [revoked], unreadable: [], notes: [], failure: null, ...more,
  };
}

/** What PatAudit leaves. */
function audit(more = {}) {
  const who = { id: guid(0xa1), name: 'Robin Example', upn: 'robin@acme.example' };
  const counts = { events: 1, leaked: 1, created: 0, updated: 0, revoked: 0, systemRevoked: 0, expired: 0, other: 0, fullScope: 0 };
  return {
    schema: 'patkeeper.audit/1', tool: TOOL, run: run('PatAudit'),
    settings: { from: '2026-11-15T10:00:00Z', to: iso(NOW), days: 7, actors: [], actions: [], failOn: 'leaked' },
    organizations: [{ name: 'acme', signedInAs: 'auditor@acme.example', identityKind: 'user', signIn: 'access token', read: 1 }],
    totals: { ...counts, actors: 1, notListed: 0, unreadable: 0 },
    actors: [{ actor: who, counts, organizations: ['acme'], first: '2026-11-20T09:00:00Z', last: '2026-11-20T09:00:00Z', ipAddresses: [{ name: '203.0.113.7', events: 1 }], userAgents: [] }],
    events: [{
      at: '2026-11-20T09:00:00Z', organization: 'acme', id: '1', action: 'Token.PatPublicDiscoveryEvent', kind: 'leaked', what: 'found in public',
      actor: who, pat: { authorizationId: guid(0x91), displayName: 'leaked-in-a-gist', owner: 'robin@acme.example', scopes: ['vso.code'], validTo: null, global: null },
      fullScope: false, leaked: true, ipAddress: '203.0.113.7', mechanism: null, userAgent: null, details: null,
    }],
    unreadable: [], notes: [], ...more,
  };
}

/** The report as one file, made as the program makes it. */
function inFile(template, documents) {
  const ESCAPED = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' };
  const elements = Object.entries(documents).map(([name, document]) => {
    const text = JSON.stringify(document).replace(/[<>&\u2028\u2029]/g, (letter) => ESCAPED[letter]);
    return `<script type="application/json" class="document" data-name="${name}">${text}</script>`;
  });
  return template.replace('<!--documents-->', () => elements.join('\n'));
}

module.exports = { DAY, NOW, audit, failure, finding, guid, healthy, inFile, many, monday, owner, pat, report, revocation, rotation };
