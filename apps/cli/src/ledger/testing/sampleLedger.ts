/**
 * A small ledger on disk for tests, written by a service of its own.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomBytes } from '@coco/crypto';
import {
  chunkHeader,
  chunkName,
  createLedger,
  encodeMaps,
  encodePositions,
  encodeSecretRow,
  type Ledger,
  type LedgerSecret,
  ledgerTables,
  type SealedEntry,
  secretDigest,
  singletonKey,
} from '@coco/ledger';
import { utf8 } from '@coco/primitives';
import { createNodeIdentity, createServiceIdentity, type Identity } from '../../genesis/identities.js';

export interface SampleLedger {
  readonly directory: string;
  readonly service: Identity;
  readonly node: Identity;
  readonly secrets: readonly LedgerSecret[];
  readonly entries: readonly SealedEntry[];
}

const none = new Uint8Array(0);

/**
 * A genesis, then `batches` batches with a signature after each: batch i puts row `k<i>` into the private table
 * `app.rows` and one into `public:app.notes`, which every third batch removes again. The fourth changes the secret of the ledger.
 * Two files: the second is open.
 */
export function writeSampleLedger(batches: number): SampleLedger {
  const { ledger, ...sample } = sampleEntries(batches);
  const directory = path.join(mkdtempSync(path.join(tmpdir(), 'coco-ledger-')), 'ledger');
  mkdirSync(directory);
  writeLedgerFiles(directory, sample.entries);
  return { ...sample, directory };
}

/** The entries of the sample, and the ledger that wrote them. */
export function sampleEntries(
  batches: number,
): Omit<SampleLedger, 'directory'> & { readonly ledger: Ledger; readonly entries: SealedEntry[] } {
  const service = createServiceIdentity('Service', Date.now());
  const node = createNodeIdentity('node0', '127.0.0.1', service, Date.now());
  const secrets = [{ fromSeqno: 1, key: randomBytes(32) }];
  const ledger = createLedger({
    identity: {
      nodeId: node.key.publicKey.fingerprint,
      nodeKey: node.key,
      nodeCertificate: node.certificate,
      serviceKey: service.key,
      serviceCertificate: service.certificate,
    },
    serviceCertificate: service.certificate,
    secrets,
    // Nothing is sealed in this sample.
    openSecret: (bytes) => bytes,
  });
  const entries = [ledger.append({ view: 2, publicMaps: genesis(service, node), privateMaps: none })];
  entries.push(ledger.sign(2));
  for (let batch = 0; batch < batches; batch++) {
    const key = utf8(`k${batch}`);
    const privateMaps = encodeMaps([
      { table: 'app.rows', puts: [{ key, value: utf8(`secret ${batch}`) }], removes: [] },
    ]);
    const notes =
      batch % 3 === 2
        ? { table: 'public:app.notes', puts: [], removes: [utf8(`k${batch - 1}`)] }
        : { table: 'public:app.notes', puts: [{ key, value: new Uint8Array([0, batch]) }], removes: [] };
    const rekeyed = batch === 3 ? [secretTable(node.key.publicKey.fingerprint)] : [];
    const publicMaps = encodeMaps([notes, ...rekeyed]);
    entries.push(ledger.append({ view: 2, publicMaps, privateMaps }), ledger.sign(2));
    ledger.compact(ledger.last.seqno);
  }
  return { service, node, secrets: ledger.secrets, entries, ledger };
}

/** The first two entries as a complete file, the others as one that is being written. */
export function writeLedgerFiles(directory: string, entries: readonly SealedEntry[]): void {
  const [first, rest] = [entries.slice(0, 2), entries.slice(2)];
  const positions = first.map((_, index) => first.slice(0, index).reduce((sum, { size }) => sum + size, 8));
  const end = first.reduce((sum, { size }) => sum + size, 8);
  const bytes = first.map((entry) => entry.bytes);
  const complete = Buffer.concat([chunkHeader(end), ...bytes, encodePositions(positions)]);
  writeFileSync(path.join(directory, chunkName({ start: 1, end: 2, committed: true })), complete);
  const open = Buffer.concat([chunkHeader(), ...rest.map((entry) => entry.bytes)]);
  writeFileSync(path.join(directory, chunkName({ start: 3 })), open);
}

/** The row that tells a new secret. */
function secretTable(nodeId: string) {
  const secret = randomBytes(32);
  const value = encodeSecretRow({
    epoch: 2,
    atMs: 0,
    digest: secretDigest(secret),
    actors: '00'.repeat(32),
    nodes: { [nodeId]: secret },
    former: [],
  });
  return { table: ledgerTables.ledgerSecrets, puts: [{ key: singletonKey, value }], removes: [] };
}

function genesis(service: Identity, node: Identity): Uint8Array {
  const nodeId = utf8(node.key.publicKey.fingerprint);
  const one = (table: string, key: Uint8Array, value: string) => ({
    table,
    puts: [{ key, value: utf8(value) }],
    removes: [],
  });
  const info = JSON.stringify({ cert: service.certificate.pem, status: 'Open' });
  return encodeMaps([
    one('public:ccf.gov.nodes.endorsed_certificates', nodeId, node.certificate.pem),
    one('public:ccf.gov.nodes.info', nodeId, '{"status":"Trusted"}'),
    one('public:ccf.gov.service.info', new Uint8Array(8), info),
  ]);
}
