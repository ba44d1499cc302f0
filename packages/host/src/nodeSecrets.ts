/**
 * The secrets of a node on its own disk, sealed under the platform's key: its private key, its share key, the service's key,
 * and the ledger secrets (CONF-1). Each file is sealed for its purpose, so that they cannot be exchanged.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Manifests } from '@coco/attestation';
import {
  generateShareKey,
  keepShareKey,
  type PrivateKey,
  privateKeyFromPem,
  privateKeyToPem,
  type ShareKey,
  shareKeyFrom,
} from '@coco/crypto';
import type { LedgerSecret } from '@coco/ledger';
import {
  ByteReader,
  ByteWriter,
  CocoError,
  fixedCopy,
  fromUtf8,
  type NodeId,
  type Seqno,
  utf8,
} from '@coco/primitives';
import { onDiskSync, replaceFileSync } from './disk.js';
import { plainBytes } from './plainBytes.js';
import type { Sealer } from './sealer.js';

export interface NodeSecrets {
  readonly nodeKey: PrivateKey;
  readonly serviceKey: PrivateKey;
  readonly ledgerSecrets: readonly LedgerSecret[];
}

/**
 * What a node must know of its network before it has read its ledger. Sealed too: whom to believe is not the disk's to
 * say.
 */
export interface NodeMembership {
  readonly serviceCertificatePem: string;
  /** This node's own, issued by the service. */
  readonly certificatePem: string;
  /** Services that signed earlier entries of the ledger, before disasters; each was endorsed by the one that followed it. */
  readonly formerServices?: readonly {
    readonly certificatePem: string;
    /** The last entry that was its own. */
    readonly upTo: Seqno;
  }[];
  /** Only on a node that joined. */
  readonly joined?: {
    /** Digest of the constitution that its operator approved (GOV-8); absent when it must be approved again. */
    readonly constitutionDigest?: string;
    /** What that constitution accepts as evidence: by it the node judges others until it takes part. */
    readonly manifests?: Manifests;
    /** Nodes that it can ask, as it was told last. */
    readonly nodes: readonly PeerNode[];
  };
}

/** Another node, by the addresses of its administrative endpoint and for its peers. */
export interface PeerNode {
  readonly nodeId: NodeId;
  readonly peerAddress: string;
  readonly administrativeAddress: string;
}

const files = {
  nodeKey: 'node key',
  shareKey: 'share key',
  serviceKey: 'service key',
  ledgerSecrets: 'ledger secrets',
  membership: 'membership',
  keyShares: 'key shares',
  recoveryKey: 'recovery key',
} as const;

/** Replaces each file durably, all or nothing. COCO_HOST_DISK. */
export function saveNodeSecrets(directory: string, sealer: Sealer, secrets: NodeSecrets): void {
  saveNodeKey(directory, sealer, secrets.nodeKey);
  save(directory, sealer, files.serviceKey, utf8(privateKeyToPem(secrets.serviceKey)));
  saveLedgerSecrets(directory, sealer, secrets.ledgerSecrets);
}

/** Replaces the secrets of the ledger, durably, all or nothing. COCO_HOST_DISK. */
export function saveLedgerSecrets(
  directory: string,
  sealer: Sealer,
  secrets: NodeSecrets['ledgerSecrets'],
): void {
  // Large enough from the beginning: else there would be copies.
  const writer = new ByteWriter(64 * (secrets.length + 1)).u32(secrets.length);
  for (const { fromSeqno, key } of secrets) writer.u64(fromSeqno).sized32(key);
  save(directory, sealer, files.ledgerSecrets, writer.finish());
}

/** The node's key alone, of a node that is in no network yet. COCO_HOST_DISK. */
export function saveNodeKey(directory: string, sealer: Sealer, key: PrivateKey): void {
  onDiskSync('make a directory', directory, () => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  save(directory, sealer, files.nodeKey, utf8(privateKeyToPem(key)));
}

/** Replaces one more sealed file, durably, and wipes `bytes`. COCO_HOST_DISK. */
export function saveSealed(
  directory: string,
  sealer: Sealer,
  file: keyof typeof files,
  bytes: Uint8Array,
): void {
  save(directory, sealer, files[file], bytes);
}

/** What `read` makes of what it has, which is wiped then; undefined when there is none. COCO_HOST_SEALED when it does not open. */
export function loadSealed<Value>(
  directory: string,
  sealer: Sealer,
  file: keyof typeof files,
  read: (bytes: Uint8Array) => Value,
): Value | undefined {
  return existsSync(sealedFile(directory, file)) ? opened(directory, sealer, files[file], read) : undefined;
}

/** Where that is. */
export function sealedFile(directory: string, file: keyof typeof files): string {
  return fileOf(directory, files[file]);
}

function save(directory: string, sealer: Sealer, purpose: string, bytes: Uint8Array): void {
  try {
    replaceFileSync(fileOf(directory, purpose), sealer.seal(purpose, bytes), 0o600);
  } finally {
    bytes.fill(0);
  }
}

/** The node's key; undefined when there is none. COCO_HOST_SEALED when it does not open. */
export function loadNodeKey(directory: string, sealer: Sealer): PrivateKey | undefined {
  return loadSealed(directory, sealer, 'nodeKey', (pem) => privateKeyFromPem(pem));
}

/** The node's share key, which is made when there is none. COCO_HOST_SEALED when it does not open, COCO_HOST_DISK. */
export function ensureShareKey(directory: string, sealer: Sealer): ShareKey {
  const kept = loadSealed(directory, sealer, 'shareKey', shareKeyFrom);
  if (kept !== undefined) return kept;
  const key = generateShareKey();
  keepShareKey(key, (material) => save(directory, sealer, files.shareKey, material));
  return key;
}

/** Replaces what is known of the network, durably, all or nothing. COCO_HOST_DISK. */
export function saveMembership(directory: string, sealer: Sealer, membership: NodeMembership): void {
  save(directory, sealer, files.membership, utf8(JSON.stringify(membership)));
}

/** What is known of the network; undefined when the node is in none yet. COCO_HOST_SEALED when it does not open. */
export function loadMembership(directory: string, sealer: Sealer): NodeMembership | undefined {
  // Sealed by this node alone, so it has the form that it was written in.
  return loadSealed(
    directory,
    sealer,
    'membership',
    (bytes) => JSON.parse(fromUtf8(bytes) ?? '') as NodeMembership,
  );
}

/** COCO_HOST_SECRETS when a file is missing, COCO_HOST_SEALED when it does not open. */
export function loadNodeSecrets(directory: string, sealer: Sealer): NodeSecrets {
  const key = (purpose: string): PrivateKey =>
    opened(directory, sealer, purpose, (pem) => privateKeyFromPem(pem));
  const ledgerSecrets = opened(directory, sealer, files.ledgerSecrets, readLedgerSecrets);
  return { nodeKey: key(files.nodeKey), serviceKey: key(files.serviceKey), ledgerSecrets };
}

function readLedgerSecrets(bytes: Uint8Array): readonly LedgerSecret[] {
  const reader = new ByteReader(bytes);
  const secrets: LedgerSecret[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    secrets.push({ fromSeqno: reader.u64(), key: fixedCopy(reader.sized32()) });
  }
  reader.end();
  return secrets;
}

/** Overwrites secrets that were handed to whoever needs them, and are not needed here any more. */
export function wipeLedgerSecrets(secrets: readonly LedgerSecret[]): void {
  for (const { key } of secrets) key.fill(0);
}

/** What `read` makes of a sealed file, which is wiped then. */
function opened<Value>(
  directory: string,
  sealer: Sealer,
  purpose: string,
  read: (bytes: Uint8Array) => Value,
): Value {
  const bytes = load(directory, sealer, purpose);
  try {
    return read(bytes);
  } finally {
    bytes.fill(0);
  }
}

function load(directory: string, sealer: Sealer, purpose: string): Uint8Array {
  const file = fileOf(directory, purpose);
  if (!existsSync(file)) {
    throw new CocoError('COCO_HOST_SECRETS', `the sealed ${purpose} is missing: ${file}`, { file });
  }
  return sealer.open(
    purpose,
    onDiskSync('read a secret', file, () => plainBytes(readFileSync(file))),
  );
}

function fileOf(directory: string, purpose: string): string {
  return path.join(directory, `${purpose.replace(' ', '-')}.sealed`);
}
