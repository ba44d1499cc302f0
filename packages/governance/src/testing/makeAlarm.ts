/**
 * Alarms with all that makes them true, for tests: a ledger of two entries, signed by one node, and another that says so.
 */
import { signDer } from '@coco/crypto';
import { createLedger } from '@coco/ledger';
import { toBase64 } from '@coco/primitives';
import type { Alarm } from '../alarmRow.js';
import { alarmBytes } from '../alarms.js';
import { isJsonObject } from '../rows.js';
import { type Identity, testTimeMs } from './identities.js';

export interface AlarmWorld {
  readonly service: Identity;
  /** Who signed the entry. */
  readonly primary: Identity;
  /** Who says that it is wrong. */
  readonly reporter: Identity;
}

/** An alarm over the entry 2.`seqno`; `change` is made before it is signed. */
export function makeAlarm(world: AlarmWorld, change: Partial<Alarm> = {}, seqno = 1): Alarm {
  const { service, primary, reporter } = world;
  const identity = {
    nodeId: primary.key.publicKey.fingerprint,
    nodeKey: primary.key,
    nodeCertificate: primary.certificate,
    serviceKey: service.key,
    serviceCertificate: service.certificate,
  };
  const ledger = createLedger({
    identity,
    serviceCertificate: service.certificate,
    secrets: [{ fromSeqno: 1, key: new Uint8Array(32).fill(7) }],
  });
  const nothing = { view: 2, publicMaps: new Uint8Array(0), privateMaps: new Uint8Array(0) };
  for (let at = 1; at <= seqno; at++) ledger.append(nothing);
  ledger.sign(2);
  ledger.compact(seqno + 1);
  const receipt: unknown = ledger.receipt(seqno);
  if (!isJsonObject(receipt) || !isJsonObject(receipt['leaf_components'])) throw new Error('no receipt');
  const unsigned = {
    nodeId: reporter.key.publicKey.fingerprint,
    txId: { view: 2, seqno },
    primaryId: identity.nodeId,
    writeSetDigest: String(receipt['leaf_components']['write_set_digest']),
    recorded: '01'.repeat(32),
    reexecuted: '02'.repeat(32),
    claims: true,
    rowCount: 3,
    rows: [
      { table: 'public:counter.additions', key: '' },
      { table: 'counter.values', key_digest: 'cd'.repeat(32) },
      { table: 'counter.items' },
    ],
    raisedAtMs: testTimeMs,
    receipt,
    certificatePem: reporter.certificate.pem,
    ...change,
  };
  return { signature: toBase64(signDer(reporter.key, alarmBytes(unsigned))), ...unsigned };
}
