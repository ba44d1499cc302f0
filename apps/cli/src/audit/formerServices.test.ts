/** A ledger that was recovered is believed under its former services as far as each is endorsed by the next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issueCertificate, randomBytes } from '@coco/crypto';
import { createServiceIdentity, type Identity } from '../genesis/identities.js';
import { viewOf } from '../governance/jsonView.js';
import { endorsedServices } from './formerServices.js';

const [first, second, present, stranger] = ['first', 'second', 'present', 'stranger'].map((name) =>
  createServiceIdentity(name, Date.now()),
) as [Identity, Identity, Identity, Identity];

/** What a node says of `former`, which `by` has endorsed. */
function rowOf(former: Identity, upTo: number, by: Identity, key = former) {
  const endorsed = issueCertificate(
    {
      subjectCommonName: former.certificate.subject.slice(3),
      publicKey: key.certificate.publicKey,
      notBeforeMs: former.certificate.notBeforeMs,
      notAfterMs: by.certificate.notAfterMs,
      isCa: true,
      serialNumber: randomBytes(16),
    },
    { key: by.key, certificate: by.certificate },
  );
  return viewOf({ up_to: upTo, cert: former.certificate.pem, endorsed: endorsed.pem });
}

test('each former service is endorsed by the one that followed, and the last by the one that is trusted', () => {
  const services = endorsedServices(
    [rowOf(second, 90, present), rowOf(first, 40, second)],
    present.certificate,
  );
  assert.deepEqual(
    services.map(({ upTo, certificate }) => [upTo, certificate.fingerprint]),
    [
      [40, first.certificate.fingerprint],
      [90, second.certificate.fingerprint],
    ],
  );
  assert.deepEqual(endorsedServices([], present.certificate), []);
});

test('a service that nobody of them has endorsed is not believed', () => {
  const bad = [
    [rowOf(first, 40, stranger)],
    [rowOf(first, 40, present), rowOf(second, 90, present)],
    [rowOf(first, 40, second)],
    [rowOf(first, 40, present, stranger)],
    [viewOf({ up_to: 1, cert: 'x', endorsed: 'y' })],
  ];
  for (const [index, rows] of bad.entries()) {
    const refused = { code: 'COCO_CLI_AUDIT', message: /has not endorsed/ };
    assert.throws(() => endorsedServices(rows, present.certificate), refused, `case ${index}`);
  }
});
