/**
 * Downloads a snapshot, in as many pieces as it takes, and believes it only when its receipt holds under the pinned
 * service. A piece that was written is not fetched again, also after a crash.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from '@coco/crypto';
import { openPublicSnapshot, parseSnapshotName } from '@coco/ledger';
import { CocoError, fromUtf8, type Seqno } from '@coco/primitives';
import type { Address } from './address.js';
import { type AskOptions, askNetwork, pause } from './askNetwork.js';
import { onDiskSync, syncDirectory } from './disk.js';
import { downloadFile } from './downloadFile.js';
import { openSnapshotFiles, type SnapshotFile } from './snapshotFiles.js';
import { genuineBytes } from './startSnapshot.js';

export interface FetchSnapshotOptions {
  readonly directory: string;
  readonly ask: AskOptions;
  readonly serviceCertificate: Certificate;
  /** An older snapshot cannot be caught up from. */
  readonly minimumSeqno: Seqno;
  readonly onProgress?: (progress: {
    readonly name: string;
    readonly bytes: number;
    readonly size: number;
  }) => void;
}

interface Offer {
  readonly name: string;
  readonly seqno: Seqno;
  readonly size: number;
}

/** Resolves to the seqno of the snapshot that is now in the directory. COCO_JOIN_SNAPSHOT, COCO_JOIN_SNAPSHOT_OLD. */
export async function fetchSnapshot(options: FetchSnapshotOptions): Promise<Seqno> {
  const { directory, ask, minimumSeqno } = options;
  onDiskSync('make a directory', directory, () => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  for (;;) {
    const answer = await askNetwork({ method: 'GET', path: `/node/snapshot?since=${minimumSeqno}` }, ask);
    const offer = readOffer(answer.body);
    if (offer.seqno < minimumSeqno) throw tooOld(offer.seqno, minimumSeqno);
    removeOthers(directory, offer.name);
    const part = join(directory, `${offer.name}.part`);
    if (await download(options, answer.from, offer, part)) return finish(options, offer, part);
    await pause(Math.min(500, ask.retryMsMax ?? 500), ask.pin.signal);
  }
}

/** A committed snapshot in `directory` that is genuine, newest first; undefined when there is none. */
export function genuineSnapshot(
  directory: string,
  serviceCertificate: Certificate,
): SnapshotFile | undefined {
  if (!existsSync(directory)) return undefined;
  const log = { info: () => undefined, warn: () => undefined };
  for (const file of openSnapshotFiles({ directory, keep: 1, log }).list()) {
    try {
      openPublicSnapshot(genuineBytes(file, serviceCertificate));
      return file;
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
    }
  }
  return undefined;
}

function readOffer(body: Uint8Array): Offer {
  let fields: Readonly<Record<string, unknown>> = {};
  try {
    fields = (JSON.parse(fromUtf8(body) ?? '') ?? {}) as Record<string, unknown>;
  } catch {
    // Told below.
  }
  const { name, seqno, size } = fields;
  const parsed = parseSnapshotName(typeof name === 'string' ? name : '');
  const isGood = parsed?.committed === true && !parsed.ignored && parsed.seqno === seqno;
  if (!isGood || typeof name !== 'string' || !Number.isSafeInteger(size) || (size as number) < 1) {
    throw new CocoError('COCO_JOIN_ANSWER', "the node's answer is not understood: snapshot", {
      field: 'snapshot',
    });
  }
  return { name, seqno: parsed.seqno, size: size as number };
}

/** What was begun of other snapshots is of no use any more. */
function removeOthers(directory: string, name: string): void {
  onDiskSync('clear a directory', directory, () => {
    for (const file of readdirSync(directory)) {
      if (file.endsWith('.part') && file !== `${name}.part`) rmSync(join(directory, file));
    }
  });
}

function download(
  { ask, onProgress }: FetchSnapshotOptions,
  from: Address,
  { name, size }: Offer,
  part: string,
): Promise<boolean> {
  return downloadFile({
    from,
    path: `/node/snapshot/${name}`,
    size,
    part,
    pin: ask.pin,
    ...(ask.retryMsMax !== undefined && { retryMsMax: ask.retryMsMax }),
    ...(onProgress && { onProgress: (bytes) => onProgress({ name, bytes, size }) }),
    misfit: () => misfit(name),
  });
}

/** Gives the file its name when it is genuine; else it is gone. */
async function finish(
  { directory, serviceCertificate }: FetchSnapshotOptions,
  offer: Offer,
  part: string,
): Promise<Seqno> {
  const { name, seqno, size } = offer;
  try {
    openPublicSnapshot(genuineBytes({ name, path: part, seqno, size }, serviceCertificate));
  } catch (error) {
    onDiskSync('remove a snapshot', part, () => rmSync(part, { force: true }));
    if (!(error instanceof CocoError)) throw error;
    const sentence = `the snapshot ${name} does not prove to be one of this service: ${error.message}`;
    throw new CocoError('COCO_JOIN_SNAPSHOT', sentence, { name, cause: error.code });
  }
  onDiskSync('name a snapshot', part, () => renameSync(part, join(directory, name)));
  await syncDirectory(directory);
  return seqno;
}

function tooOld(seqno: Seqno, minimumSeqno: Seqno): CocoError {
  const sentence = `the snapshot of entry ${seqno} is too old: the network keeps only the entries after ${minimumSeqno}`;
  return new CocoError('COCO_JOIN_SNAPSHOT_OLD', sentence, { seqno, minimumSeqno });
}

function misfit(name: string): CocoError {
  const sentence = `the snapshot ${name} does not come as it was announced`;
  return new CocoError('COCO_JOIN_SNAPSHOT', sentence, { name });
}
