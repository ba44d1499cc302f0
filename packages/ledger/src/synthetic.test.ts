/**
 * What the tests of this room share: a service of their own, ledgers that it writes, and CCF's published ledgers.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generateKeyPair, issueCertificate } from '@coco/crypto';
import { createStore, type Store } from '@coco/kv';
import { type Random, toHex, utf8 } from '@coco/primitives';
import {
  type ChunkSource,
  chunkHeader,
  chunkName,
  chunkOfBytes,
  createLedger,
  decodeMaps,
  encodeMaps,
  encodePositions,
  encodeSnapshotTables,
  type Ledger,
  type LedgerIdentity,
  type LedgerSecret,
  type LedgerStart,
  type Receipt,
  type SealedEntry,
  type SealedSnapshot,
  snapshotFile,
  snapshotName,
} from './index.js';

export interface Service {
  readonly identity: LedgerIdentity;
  readonly secrets: readonly LedgerSecret[];
}

const day = 86_400_000;
const validity = { notBeforeMs: 1_700_000_000_000, notAfterMs: 1_700_000_000_000 + 3650 * day };

/** A service with one node. */
export function makeService(curve: 'P-256' | 'P-384' = 'P-256'): Service {
  const serviceKey = generateKeyPair(curve);
  const serviceCertificate = issueCertificate(
    {
      subjectCommonName: 'Test Service',
      publicKey: serviceKey.publicKey,
      isCa: true,
      serialNumber: new Uint8Array(16).fill(1),
      ...validity,
    },
    { key: serviceKey, subjectCommonName: 'Test Service' },
  );
  const secrets = [{ fromSeqno: 1, key: new Uint8Array(32).fill(0x5a) }];
  return { identity: addNode({ serviceKey, serviceCertificate }, curve), secrets };
}

/** Another node of the same service. */
export function addNode(
  service: Pick<LedgerIdentity, 'serviceKey' | 'serviceCertificate'>,
  curve: 'P-256' | 'P-384' = 'P-256',
): LedgerIdentity {
  const { serviceKey, serviceCertificate } = service;
  const nodeKey = generateKeyPair(curve);
  const nodeCertificate = issueCertificate(
    {
      subjectCommonName: 'Test Node',
      publicKey: nodeKey.publicKey,
      isCa: false,
      serialNumber: new Uint8Array(16).fill(2),
      ...validity,
    },
    { key: serviceKey, certificate: serviceCertificate },
  );
  return { nodeId: nodeKey.publicKey.fingerprint, nodeKey, nodeCertificate, serviceKey, serviceCertificate };
}

export function makeLedger(service: Service, options: Partial<LedgerStart> = {}): Ledger {
  const { identity, secrets } = service;
  return createLedger({ identity, serviceCertificate: identity.serviceCertificate, secrets, ...options });
}

/** One that can read and check, and not write. */
export function makeVerifier({ identity, secrets }: Service): Ledger {
  return createLedger({ serviceCertificate: identity.serviceCertificate, secrets });
}

export const none = new Uint8Array(0);

/** A domain with one table of one row. */
export function oneRow(table: string, key: string, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === 'string' ? utf8(value) : value;
  return encodeMaps([{ table, puts: [{ key: utf8(key), value: bytes }], removes: [] }]);
}

/** The public domain of a first entry: the service and its nodes. */
export function genesisMaps(identities: readonly LedgerIdentity[], status = 'Open'): Uint8Array {
  const nodes = identities.toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  const cert = identities[0]?.serviceCertificate.pem;
  return encodeMaps([
    {
      table: 'public:ccf.gov.nodes.endorsed_certificates',
      puts: nodes.map((node) => ({ key: utf8(node.nodeId), value: utf8(node.nodeCertificate.pem) })),
      removes: [],
    },
    {
      table: 'public:ccf.gov.nodes.info',
      puts: nodes.map(({ nodeId }) => ({ key: utf8(nodeId), value: utf8('{"status":"Trusted"}') })),
      removes: [],
    },
    {
      table: 'public:ccf.gov.service.info',
      puts: [{ key: new Uint8Array(8), value: utf8(JSON.stringify({ cert, status })) }],
      removes: [],
    },
  ]);
}

export function randomBytesOf(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(256));
}

/** A ledger of `batches` random batches after the genesis, with a signature after each one to three of them. */
export function writeLedger(
  ledger: Ledger,
  service: Service,
  random: Random,
  batches: number,
): SealedEntry[] {
  const entries = [
    ledger.append({ view: 2, publicMaps: genesisMaps([service.identity]), privateMaps: none }),
  ];
  entries.push(ledger.sign(2, 1_700_000_000));
  let view = 2;
  for (let batch = 0; batch < batches; batch++) {
    if (random.integer(8) === 0) entries.push(ledger.sign(++view));
    for (let count = 1 + random.integer(3); count > 0; count--) {
      const publicMaps = random.integer(2) === 0 ? none : oneRow('public:app', `p${batch}`, 'seen by all');
      const privateMaps = oneRow('app', `k${batch}`, randomBytesOf(random, random.integer(200)));
      const claims = random.integer(4) === 0 ? { claimsDigest: randomBytesOf(random, 32) } : {};
      entries.push(ledger.append({ view, publicMaps, privateMaps, ...claims }));
    }
    entries.push(ledger.sign(view));
  }
  return entries;
}

/** The tables that these entries leave behind, as of the last. */
export function storeOf(
  ledger: Ledger,
  entries: readonly SealedEntry[],
  store: Store = createStore(),
): Store {
  for (const { bytes, seqno } of entries) {
    const { publicMaps, privateMaps } = ledger.open(bytes);
    const changes = [...decodeMaps(publicMaps), ...decodeMaps(privateMaps)];
    store.apply(
      changes.sort((a, b) => (a.table < b.table ? -1 : 1)),
      seqno,
    );
  }
  return store;
}

/** Makes the snapshot at `seqno`, which is committed and the head of the store, in parts of `rowsMax` rows. */
export function sealOf(ledger: Ledger, store: Store, seqno: number, rowsMax = 7): SealedSnapshot {
  const sealer = ledger.snapshot(seqno);
  const snapshot = store.snapshot(seqno);
  for (let rows = snapshot.next(rowsMax); rows !== undefined; rows = snapshot.next(rowsMax)) {
    sealer.add(encodeSnapshotTables(rows));
  }
  return sealer.finish();
}

export interface MadeSnapshot extends SealedSnapshot {
  readonly seqno: number;
  readonly receipt: Receipt;
  /** The file with its receipt. */
  readonly file: ChunkBytes;
}

/** Ends the chunk, makes a snapshot there and has it claimed; what it writes to the ledger goes to `entries`. */
export function makeSnapshot(
  ledger: Ledger,
  entries: SealedEntry[],
  before: Store = createStore(),
): MadeSnapshot {
  const { view } = ledger.last;
  const signed = ledger.sign(view, 0, true);
  const { seqno } = signed;
  entries.push(signed);
  ledger.compact(seqno);
  const store = storeOf(
    ledger,
    entries.filter((entry) => entry.seqno > before.head),
    before,
  );
  const sealed = sealOf(ledger, store, seqno);
  const evidence = ledger.append({
    view,
    publicMaps: encodeMaps([
      {
        table: 'public:ccf.internal.snapshot_evidence',
        puts: [
          {
            key: new Uint8Array(8),
            value: utf8(JSON.stringify({ hash: toHex(sealed.digest), version: seqno })),
          },
        ],
        removes: [],
      },
    ]),
    privateMaps: none,
    claimsDigest: sealed.digest,
  });
  entries.push(evidence, ledger.sign(view));
  ledger.compact(ledger.last.seqno);
  const receipt = ledger.receipt(evidence.seqno) as Receipt;
  const name = snapshotName({ seqno, evidenceSeqno: evidence.seqno });
  return { ...sealed, seqno, receipt, file: { name, bytes: snapshotFile(sealed.bytes, receipt) } };
}

export interface ChunkBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files of a node's directory: complete ones where entries end a chunk, and one that is being written. */
export function chunkFiles(entries: readonly SealedEntry[], committed = true): ChunkBytes[] {
  const files: ChunkBytes[] = [];
  let held: SealedEntry[] = [];
  for (const entry of entries) {
    held.push(entry);
    if (entry.endsChunk !== true) continue;
    files.push(completeChunk(held, committed));
    held = [];
  }
  const start = held[0]?.seqno;
  if (start !== undefined) {
    const bytes = Buffer.concat([chunkHeader(), ...held.map((entry) => entry.bytes)]);
    files.push({ name: chunkName({ start }), bytes: new Uint8Array(bytes) });
  }
  return files;
}

export function completeChunk(entries: readonly SealedEntry[], committed: boolean): ChunkBytes {
  const positions: number[] = [];
  let offset = 8;
  for (const entry of entries) {
    positions.push(offset);
    offset += entry.bytes.length;
  }
  const parts = [chunkHeader(offset), ...entries.map((entry) => entry.bytes), encodePositions(positions)];
  const [first, last] = [entries[0], entries.at(-1)];
  const name = chunkName({ start: first?.seqno ?? 1, end: last?.seqno ?? 1, committed });
  return { name, bytes: new Uint8Array(Buffer.concat(parts)) };
}

export function sources(files: readonly ChunkBytes[]): ChunkSource[] {
  return files.map(({ name, bytes }) => chunkOfBytes(name, bytes));
}

const data = fileURLToPath(new URL('../../../../shared/data/ccf-ledgers/', import.meta.url));

/** Why tests over CCF's ledgers do not run, or false. */
export const ccfMissing = existsSync(data) ? false : `CCF's ledgers are not at ${data}`;

/** One of CCF's published ledgers. */
export function ccfLedger(name: string): { files: ChunkBytes[]; pem: (file: string) => string | undefined } {
  const directory = `${data}${name}/`;
  return {
    files: readdirSync(`${directory}ledger`).map((file) => ({
      name: file,
      bytes: new Uint8Array(readFileSync(`${directory}ledger/${file}`)),
    })),
    pem(file) {
      const path = `${directory}common/${file}`;
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    },
  };
}
