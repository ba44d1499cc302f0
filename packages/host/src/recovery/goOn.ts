/**
 * From a lost ledger and its secrets to the first node of a service that goes on with it (CONF-4): one entry that says so, in a view that
 * nobody had before, its signature, and everything on disk that the node is started from. Nothing counts before the ledger has its
 * final name: what a crash interrupts is done anew.
 */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { type Certificate, type PrivateKey, randomBytes } from '@coco/crypto';
import { recoverService } from '@coco/governance';
import {
  type ChunkSource,
  encodeMaps,
  type LedgerIdentity,
  type LedgerSecret,
  secretDigest,
} from '@coco/ledger';
import { CocoError, type TxId } from '@coco/primitives';
import { formatAddress } from '../address.js';
import type { NodeConfig } from '../config.js';
import { onDisk, syncDirectory } from '../disk.js';
import { openHardStateStore } from '../hardStateStore.js';
import { endorseNode } from '../nodeCertificate.js';
import { loadNodeKey, saveMembership, saveNodeSecrets } from '../nodeSecrets.js';
import type { Sealer } from '../sealer.js';
import type { LostLedger } from './lostLedger.js';
import { type RecoveredContents, type ReplayedCopy, replayCopy } from './replayCopy.js';

export interface GoOnOptions {
  readonly files: readonly ChunkSource[];
  readonly lost: LostLedger;
  readonly secrets: readonly LedgerSecret[];
  /** Of the node that it begins with, whose key is there already. */
  readonly config: NodeConfig;
  readonly sealer: Sealer;
  /** The tuple of the node, signed by its actor. */
  readonly tuple: Readonly<Record<string, unknown>>;
  /** The identity of the service from now on. */
  readonly service: { readonly key: PrivateKey; readonly certificate: Certificate };
  readonly nowMs: number;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface GoneOn {
  readonly found: RecoveredContents;
  /** The entry with which the service goes on. */
  readonly at: TxId;
}

const nodeDays = 365;

/** COCO_RECOVERY_OPENED when that was done before; COCO_RECOVERY_*, COCO_LEDGER_*, COCO_HOST_*. */
export async function goOn(options: GoOnOptions): Promise<GoneOn> {
  const { config, sealer, service, nowMs, lost } = options;
  const { ledger: final, sealed, snapshots } = config.directories;
  if (existsSync(final)) throw alreadyOpened(final);
  const nodeKey = loadNodeKey(sealed, sealer);
  if (nodeKey === undefined) {
    throw new CocoError('COCO_HOST_SECRETS', `the key of the new node is missing in ${sealed}`);
  }
  const { administrative, application } = config.addresses;
  const addresses = [formatAddress(administrative), formatAddress(application)];
  const nodeCertificate = endorseNode({
    publicKey: nodeKey.publicKey,
    addresses,
    days: nodeDays,
    nowMs,
    service,
  });
  const nodeId = nodeKey.publicKey.fingerprint;
  const { key: serviceKey, certificate: serviceCertificate } = service;
  const identity = { nodeId, nodeKey, nodeCertificate, serviceKey, serviceCertificate };
  const at = { view: lost.last.view + 1, seqno: lost.last.seqno + 1 };
  const begun: LedgerSecret = { fromSeqno: at.seqno + 1, key: randomBytes(32) };
  const secrets = [...options.secrets, begun];
  const directory = `${final}.recovering`;
  const chunkBytes = config.ledger.chunkBytesMax;
  const copy = await replayCopy({ ...options, directory, snapshots, secrets, identity, chunkBytes });
  try {
    await append(copy, { ...options, at, identity, secret: begun.key });
  } finally {
    await copy.store.close();
  }
  saveNodeSecrets(sealed, sealer, { nodeKey, serviceKey, ledgerSecrets: secrets });
  begun.key.fill(0);
  saveMembership(sealed, sealer, {
    serviceCertificatePem: serviceCertificate.pem,
    certificatePem: nodeCertificate.pem,
    formerServices: lost.services.map(({ certificate, upTo }) => ({ certificatePem: certificate.pem, upTo })),
  });
  // The view is this node's alone, and nobody else is left who could have to agree to the recovery.
  const hardStates = await openHardStateStore({ path: `${sealed}/hard-state`, sealer, nodeId });
  await hardStates.save({ view: at.view, commit: at.seqno + 1 });
  await hardStates.saveCommitted(at.seqno + 1);
  await hardStates.close();
  await onDisk('rename a directory', final, () => rename(directory, final));
  await syncDirectory(path.dirname(final));
  return { found: copy.found, at };
}

type Appending = Pick<GoOnOptions, 'lost' | 'tuple' | 'nowMs'> & {
  readonly at: TxId;
  readonly identity: LedgerIdentity;
  readonly secret: Uint8Array;
};

async function append(
  { store, ledger, governanceStore }: ReplayedCopy,
  { lost, tuple, nowMs, at, identity, secret }: Appending,
): Promise<void> {
  const transaction = governanceStore.begin();
  recoverService(transaction, {
    at,
    last: lost.last,
    root: ledger.root(),
    service: identity,
    nodeCertificatePem: identity.nodeCertificate.pem,
    tuple,
    secretDigest: secretDigest(secret),
    serialNumber: randomBytes(16),
    nowMs,
  });
  const publicMaps = encodeMaps(transaction.writeSet());
  const entry = ledger.append({ view: at.view, publicMaps, privateMaps: new Uint8Array(0) });
  const signature = ledger.sign(at.view, Math.floor(nowMs / 1000), true);
  store.append([entry, signature]);
  store.commit(signature.seqno);
  await store.sync();
}

function alreadyOpened(directory: string): CocoError {
  const sentence = `the service goes on already, in ${directory}: it must not do so twice; start its node`;
  return new CocoError('COCO_RECOVERY_OPENED', sentence, { directory });
}
