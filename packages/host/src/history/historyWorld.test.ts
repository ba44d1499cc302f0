/**
 * Nodes with a past, for the tests of this folder: one that has all of the ledger and serves it over TLS, honestly or not, and
 * one that began after a snapshot.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identifyActor } from '@coco/governance';
import {
  chunkHeader,
  chunkName,
  encodePositions,
  type Ledger,
  openSnapshot,
  type SealedEntry,
} from '@coco/ledger';
import { concatBytes, type ErrorFacts, type Seqno, utf8 } from '@coco/primitives';
import {
  ledgerNode,
  ledgerSecrets,
  ledgerService,
  type Test,
  temporaryDirectory,
  testLedger,
} from '../entries.test.js';
import { type HttpRequest, type HttpResponse, openHttp } from '../http.js';
import { silentLog } from '../httpEndpoint.test.js';
import { testIdentity, testNetworkView, testNodeView } from '../identities.test.js';
import { createMetrics } from '../metrics.js';
import { failure } from '../routes/answers.js';
import { ledgerRoutes } from '../routes/ledgerRoutes.js';
import { createRouter } from '../routes/router.js';
import { testHistory } from '../snapshots.test.js';
import { ChunkPlaces } from './chunkPlaces.js';
import { type ChunkPeer, LedgerHistory } from './ledgerHistory.js';

const written = testHistory(60, [10, 20, 30]);
/** Every entry of the ledger, in chunks that end at three snapshots. */
export const entries = written.entries;
/** The last: the node that joins begins after it. */
export const snapshot = written.snapshots[2] as (typeof written.snapshots)[number];

export interface ChunkBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** The files of these entries. */
export function chunksOf(list: readonly SealedEntry[]): ChunkBytes[] {
  const files: ChunkBytes[] = [];
  let held: SealedEntry[] = [];
  for (const entry of list) {
    held.push(entry);
    if (entry.endsChunk !== true && entry !== list.at(-1)) continue;
    const start = held[0]?.seqno ?? 1;
    const positions: number[] = [];
    let at = 8;
    for (const { bytes } of held) {
      positions.push(at);
      at += bytes.length;
    }
    const isWhole = entry.endsChunk === true;
    const parts = [chunkHeader(isWhole ? at : 0), ...held.map(({ bytes }) => bytes)];
    if (isWhole) parts.push(encodePositions(positions));
    const file = chunkName({ start, ...(isWhole && { end: entry.seqno, committed: true }) });
    files.push({ file, bytes: concatBytes(...parts) });
    held = [];
  }
  return files;
}

export const chunks = chunksOf(entries);

/** Another history of the same service, under the same keys, with chunks in the same places; never committed. */
export function fork(): ChunkBytes[] {
  const ledger = testLedger();
  const none = new Uint8Array();
  const list = entries.map(({ signature, endsChunk, seqno }) =>
    signature
      ? ledger.sign(2, 0, endsChunk === true)
      : ledger.append({
          view: 2,
          publicMaps: none,
          privateMaps: seqno === 7 ? utf8('') : none,
          claimsDigest: new Uint8Array(32).fill(9),
        }),
  );
  return chunksOf(list);
}

/** A ledger with all entries; after the snapshot, if it begins there. */
export function ledgerOf(from: 'beginning' | 'snapshot'): Ledger {
  const base =
    from === 'snapshot' ? openSnapshot(snapshot.bytes, { secrets: ledgerSecrets }).base : undefined;
  const ledger = testLedger(undefined, base);
  for (const { bytes, seqno } of entries) if (seqno > (base?.seqno ?? 0)) ledger.add(ledger.open(bytes));
  ledger.compact(ledger.last.seqno);
  return ledger;
}

export interface HistoryNode {
  readonly history: LedgerHistory;
  readonly places: ChunkPlaces;
  readonly ledger: Ledger;
  readonly directory: string;
  /** What it logged: sentence and facts. */
  readonly told: { readonly level: string; readonly sentence: string; readonly facts: ErrorFacts }[];
}

export interface HistoryNodeOptions {
  readonly from: 'beginning' | 'snapshot';
  readonly files?: readonly ChunkBytes[];
  readonly peers?: readonly ChunkPeer[];
  readonly fetchedBytesMax?: number;
  /** Where an earlier one was. */
  readonly directory?: string;
}

const joiner = testIdentity('joiner', ledgerService);

export function historyNode(t: Test, options: HistoryNodeOptions): HistoryNode {
  const { from, files = [], peers = [], fetchedBytesMax = 2 ** 20 } = options;
  const directory = options.directory ?? join(temporaryDirectory(t), 'ledger');
  mkdirSync(directory, { recursive: true });
  for (const { file, bytes } of files) writeFileSync(join(directory, file), bytes);
  const ledger = ledgerOf(from);
  const places = new ChunkPlaces({ directory, fetchedBytesMax });
  const told: HistoryNode['told'] = [];
  const log =
    (level: string) =>
    (sentence: string, facts: ErrorFacts = {}) =>
      void told.push({ level, sentence, facts });
  const history = new LedgerHistory({
    places,
    serviceCertificate: ledgerService.certificate,
    tree: () => ledger.tree,
    commit: () => ledger.last.seqno,
    peers: () => peers,
    fetchedBytesMax,
    pin: (signal) => ({
      serviceFingerprint: ledgerService.certificate.fingerprint,
      identity: { key: joiner.privateKey, certificate: joiner.certificate },
      timeoutMs: 5000,
      nowMs: Date.now,
      signal,
    }),
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    metrics: createMetrics(),
  });
  t.after(() => history.close());
  return { history, places, ledger, directory, told };
}

export interface ServedNode extends HistoryNode {
  readonly peer: ChunkPeer;
  /** Targets of what was asked. */
  readonly asked: string[];
}

/** A node that serves all of the ledger; `meddle` may answer in its place. */
export async function servedNode(
  t: Test,
  name = 'a',
  meddle: (request: HttpRequest) => HttpResponse | undefined = () => undefined,
  files: readonly ChunkBytes[] = chunks,
): Promise<ServedNode> {
  const node = historyNode(t, { from: 'beginning', files });
  const { history, places, ledger } = node;
  const route = createRouter(
    ledgerRoutes({ past: undefined as never, history, places, commit: () => ledger.last.seqno }),
  );
  const asked: string[] = [];
  const endpoint = await openHttp({
    listen: { host: '127.0.0.1', port: 0 },
    key: ledgerNode.privateKey,
    certificate: ledgerNode.certificate,
    serviceCertificatePem: ledgerService.certificate.pem,
    network: testNetworkView({ nodes: [testNodeView(joiner)] }),
    identify: identifyActor,
    admit: { anonymous: true, strangers: true, nodes: true },
    headers: ['range'],
    log: silentLog,
    handle: async (request) => {
      asked.push(`${request.path}?${request.query}`);
      return meddle(request) ?? (await route(request)) ?? failure(404, 'ResourceNotFound', '');
    },
  });
  t.after(() => endpoint.close(0));
  return { ...node, asked, peer: { nodeId: name.repeat(64), address: endpoint.address } };
}

/** In which of the chunks the entry is, as their names say. */
export const chunkWith = (seqno: Seqno): ChunkBytes =>
  chunks.find(({ file }) => seqno <= Number(/-(\d+)/.exec(file)?.[1] ?? 1e9)) as ChunkBytes;
