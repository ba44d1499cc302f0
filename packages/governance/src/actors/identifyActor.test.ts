import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseCertificate, privateKeyToPem } from '@coco/crypto';
import { type Identity, makeIdentity, testTimeMs } from '../testing/identities.js';
import type { NetworkView } from '../types.js';
import { identifyActor } from './identifyActor.js';

const now = testTimeMs;

function viewOf(members: readonly Identity[], participants: readonly Identity[] = []): NetworkView {
  const view = (kind: 'member' | 'participant') => (identity: Identity) => ({
    id: identity.id,
    kind,
    name: kind,
    certificatePem: identity.certificate.pem,
    status: 'Active' as const,
  });
  return {
    seqno: 1,
    serviceCertificatePem: '',
    serviceStatus: 'Open',
    constitutionDigest: '',
    nodes: [],
    nodeCertificateDays: 1,
    manifests: {
      tee: {},
      code: {
        codes: {},
        snp: { measurements: [], hostData: [], uvm: [], tcb: {} },
        virtual: { measurements: [] },
      },
    },
    leaseSeconds: 1,
    leaseRestart: false,
    sampleFractionPpm: 0,
    members: members.map(view('member')),
    participants: participants.map(view('participant')),
  };
}

function identify(view: NetworkView, ...chain: readonly Identity[]): string {
  const certificates = chain.map(({ certificate }) => certificate);
  const result = identifyActor(view, certificates, now);
  return 'refused' in result ? result.refused : `${result.caller.kind}`;
}

test('ACT-1: the registered certificate itself is the actor', () => {
  const [member, participant, stranger] = [makeIdentity(), makeIdentity(), makeIdentity()];
  const view = viewOf([member], [participant]);
  assert.deepEqual(identifyActor(view, [member.certificate], now), {
    caller: { kind: 'member', id: member.id, subject: member.certificate.subject },
  });
  assert.equal(identify(view, participant), 'participant');
  assert.match(identify(view, stranger), /not that of an actor/);
  assert.match(identify(view), /no certificate/);
  assert.match(identify(viewOf([makeIdentity({ notAfterMs: now - 1000 })])), /no certificate/);
  const old = makeIdentity({ notAfterMs: now - 1000 });
  assert.match(identify(viewOf([old]), old), /expired/);
  const young = makeIdentity({ notBeforeMs: now + 1000 });
  assert.match(identify(viewOf([young]), young), /not valid yet/);
});

test('ACT-2: certificates beneath a registered CA speak for the actor, with their own subject', () => {
  const ca = makeIdentity({ isCa: true });
  const middle = makeIdentity({ isCa: true, issuer: ca });
  const leaf = makeIdentity({ name: 'clerk', issuer: middle });
  const view = viewOf([makeIdentity()], [ca]);
  const found = identifyActor(view, [leaf.certificate, middle.certificate], now);
  assert.deepEqual(found, { caller: { kind: 'participant', id: ca.id, subject: 'CN=clerk' } });
  assert.equal(identify(view, leaf, middle, ca), 'participant', 'the chain may go on to the actor');
  assert.equal(identify(view, makeIdentity({ issuer: ca })), 'participant');
  assert.match(identify(view, leaf), /not that of an actor/, 'the intermediate is missing');
  assert.match(identify(viewOf([makeIdentity()]), leaf, middle, ca), /not that of an actor/, 'removed');
});

test('RFC 5280 section 6: a path that does not hold is refused', () => {
  const ca = makeIdentity({ isCa: true });
  const view = viewOf([ca]);
  const cases: [RegExp, readonly Identity[]][] = [];
  const oldMiddle = makeIdentity({ isCa: true, issuer: ca, notAfterMs: now - 1000 });
  cases.push([/expired/, [makeIdentity({ issuer: oldMiddle }), oldMiddle]]);
  const none = makeIdentity({ isCa: true, issuer: ca, pathLengthMax: 0 });
  const beneath = makeIdentity({ isCa: true, issuer: none });
  cases.push([/path of this length/, [makeIdentity({ issuer: beneath }), beneath, none]]);
  cases.push([/expired/, [makeIdentity({ issuer: ca, notAfterMs: now - 1000 })]]);
  cases.push([/not valid yet/, [makeIdentity({ issuer: ca, notBeforeMs: now + 1000 })]]);
  const unrelated = makeIdentity({ isCa: true, issuer: ca });
  cases.push([/broken/, [makeIdentity({ isCa: true }), unrelated]]);
  let last = ca;
  const long = [1, 2, 3, 4].map(() => {
    last = makeIdentity({ isCa: true, issuer: last });
    return last;
  });
  const leaf = makeIdentity({ issuer: last });
  cases.push([/too long/, [leaf, ...long.toReversed()]]);
  for (const [refusal, chain] of cases) assert.match(identify(view, ...chain), refusal);
  assert.equal(identify(view, ...long.toReversed()), 'member', 'four are not too many');
  const noCa = makeIdentity();
  assert.match(identify(viewOf([noCa]), makeIdentity({ issuer: { ...ca } })), /not that of an actor/);
});

test('an actor whose CA has expired identifies nobody, and one organisation does not speak for another', () => {
  const expired = makeIdentity({ isCa: true, notAfterMs: now - 1000 });
  assert.match(identify(viewOf([expired]), makeIdentity({ issuer: expired })), /expired/);
  const [one, other] = [
    makeIdentity({ isCa: true, name: 'same' }),
    makeIdentity({ isCa: true, name: 'same' }),
  ];
  assert.match(identify(viewOf([other]), makeIdentity({ issuer: one })), /not that of an actor/);
});

test('RFC 5280 4.2.1.12: certificates for servers only, or for no signatures, do not speak for the actor', (context) => {
  const ca = makeIdentity({ isCa: true, name: 'CA' });
  const folder = mkdtempSync(join(tmpdir(), 'coco-governance-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'ca.pem'), ca.certificate.pem);
  writeFileSync(join(folder, 'ca.key'), privateKeyToPem(ca.key));
  const issue = (extensions: string): string | undefined => {
    writeFileSync(join(folder, 'ext'), extensions);
    const options = { cwd: folder };
    // biome-ignore format: command lines
    const request = spawnSync('openssl', ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/CN=leaf'], options);
    if (request.error !== undefined) return undefined;
    // biome-ignore format: command lines
    const made = spawnSync('openssl', ['x509', '-req', '-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key',
      '-set_serial', '7', '-days', '10000', '-extfile', 'ext', '-out', 'leaf.pem'], options);
    assert.equal(made.status, 0, String(made.stderr));
    return readFileSync(join(folder, 'leaf.pem'), 'utf8');
  };
  const cases: [string, RegExp][] = [
    ['extendedKeyUsage=serverAuth', /not for clients/],
    ['extendedKeyUsage=clientAuth', /member/],
    ['keyUsage=critical,keyEncipherment', /not for signatures/],
    ['2.999.1=critical,DER:0500', /critical extension/],
  ];
  for (const [extensions, expected] of cases) {
    const pem = issue(extensions);
    if (pem === undefined) return context.skip('the openssl command is not here');
    const found = identifyActor(viewOf([ca]), [parseCertificate(pem)], now);
    assert.match('refused' in found ? found.refused : found.caller.kind, expected, extensions);
  }
});
