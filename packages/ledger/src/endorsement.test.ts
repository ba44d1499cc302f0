/**
 * A ledger that goes on under another service after a disaster (CONF-4): who believes the new one believes what came before.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coseDecode } from '@coco/crypto';
import { equalBytes, fromBase64, fromUtf8, utf8 } from '@coco/primitives';
import {
  auditLedger,
  createLedger,
  encodeEndorsement,
  encodeMaps,
  type Ledger,
  ledgerTables,
  readEndorsement,
  type SealedEntry,
  singletonKey,
} from './index.js';
import {
  chunkFiles,
  genesisMaps,
  makeLedger,
  makeService,
  none,
  oneRow,
  type Service,
  sources,
} from './synthetic.test.js';

const first = makeService();
const second: Service = { ...makeService(), secrets: first.secrets };
const third: Service = { ...makeService(), secrets: first.secrets };
const certificateOf = ({ identity }: Service) => identity.serviceCertificate;
const batch = { publicMaps: none, privateMaps: oneRow('app', 'k', 'v') };

const begun = makeLedger(first);
const entries: SealedEntry[] = [
  begun.append({ view: 2, publicMaps: genesisMaps([first.identity]), privateMaps: none }),
  begun.append({ view: 2, ...batch }),
  begun.sign(2),
];
const formerOfSecond = [{ certificate: certificateOf(first), upTo: 3 }];
goOn(second, first, formerOfSecond);
const formerOfThird = [{ certificate: certificateOf(second), upTo: 6 }, ...formerOfSecond];
const last = goOn(third, second, formerOfThird);

/** Writes the entries by which `service` takes over from `former`. */
function goOn(service: Service, former: Service, formerServices: typeof formerOfSecond): Ledger {
  const ledger = makeLedger(service, { formerServices });
  for (const { bytes } of entries) ledger.add(ledger.open(bytes));
  const view = ledger.last.view + 1;
  const value = encodeEndorsement({
    service: service.identity,
    endorsed: certificateOf(former).publicKey,
    from: { view: 2, seqno: 1 },
    to: ledger.last,
    root: ledger.root(),
    issuedAtSeconds: 1_800_000_000,
  });
  const row = {
    table: ledgerTables.previousServiceIdentity,
    puts: [{ key: singletonKey, value }],
    removes: [],
  };
  const genesis = genesisMaps([service.identity], 'Recovering');
  // Maps stand one after the other, ascending by name: the genesis' are ccf.gov., this one is ccf.internal.
  const publicMaps = new Uint8Array([...genesis, ...encodeMaps([row])]);
  entries.push(ledger.append({ view, publicMaps, privateMaps: none }), ledger.append({ view, ...batch }));
  entries.push(ledger.sign(view));
  return ledger;
}

test('CONF-4: the audit follows the endorsements from service to service', () => {
  const report = auditLedger(sources(chunkFiles(entries)), { serviceCertificate: certificateOf(third) });
  assert.equal(report.failure, undefined, JSON.stringify(report.failure));
  assert.deepEqual(
    report.services.map(({ firstSeqno, endorsed }) => [firstSeqno, endorsed]),
    [
      [1, true],
      [4, true],
      [7, false],
    ],
  );
});

test('CONF-4: a node replays entries that former services signed, up to where each ended', () => {
  const replay = (service: Service, formerServices: typeof formerOfSecond): Ledger => {
    const ledger = createLedger({
      serviceCertificate: certificateOf(service),
      formerServices,
      secrets: first.secrets,
    });
    for (const { bytes } of entries) ledger.add(ledger.open(bytes));
    return ledger;
  };
  assert.deepEqual(replay(third, formerOfThird).root(), last.root());
  const refused: [Service, typeof formerOfSecond][] = [
    [third, []],
    [third, formerOfSecond],
    [third, formerOfThird.map((one) => ({ ...one, upTo: one.upTo - 1 }))],
    [third, formerOfThird.map((one) => ({ ...one, upTo: one.upTo + 3 }))],
    [second, formerOfSecond],
  ];
  for (const [service, former] of refused) {
    assert.throws(() => replay(service, former), { code: 'COCO_LEDGER_SIGNATURE_CERTIFICATE' });
  }
});

test('the row says what was endorsed, in CCF’s form, and holds only as the endorsing service signed it', () => {
  const { identity } = second;
  const value = encodeEndorsement({
    service: identity,
    endorsed: certificateOf(first).publicKey,
    from: { view: 2, seqno: 1 },
    to: { view: 3, seqno: 9 },
    root: new Uint8Array(32).fill(7),
    previousVersion: 4,
    issuedAtSeconds: 5,
  });
  const row = JSON.parse(fromUtf8(value) ?? '');
  assert.deepEqual(
    [row.endorsement_epoch_begin, row.endorsement_epoch_end, row.previous_version],
    ['2.1', '3.9', 4],
  );
  const { protectedHeader } = coseDecode(fromBase64(row.endorsement) as Uint8Array);
  assert.deepEqual(
    [...(protectedHeader.get('ccf.v1') as Map<unknown, unknown>)],
    [
      ['epoch.end.txid', '3.9'],
      ['epoch.start.txid', '2.1'],
      ['epoch.end.merkle.root', new Uint8Array(32).fill(7)],
    ],
  );
  const read = readEndorsement(value);
  assert.equal(read?.endorsing.fingerprint, identity.serviceCertificate.publicKey.fingerprint);
  assert.ok(equalBytes(read?.endorsed.der ?? none, certificateOf(first).publicKey.der));
  const other = { ...row, endorsing_key: JSON.parse(fromUtf8(otherRow()) ?? '').endorsing_key };
  for (const bad of [other, { ...row, endorsement: 'AAAA' }, {}, null, 'x']) {
    assert.equal(readEndorsement(utf8(JSON.stringify(bad))), undefined);
  }
});

function otherRow(): Uint8Array {
  const at = { view: 2, seqno: 1 };
  const endorsed = certificateOf(first).publicKey;
  return encodeEndorsement({
    service: third.identity,
    endorsed,
    from: at,
    to: at,
    root: new Uint8Array(32),
    issuedAtSeconds: 0,
  });
}
