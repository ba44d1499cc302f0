/**
 * The secrets of a node on its own disk, sealed under the platform's key: its private key, the service's, and the
 * ledger secrets (CONF-1). Each file is sealed for its purpose, so that they cannot be exchanged.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type PrivateKey, privateKeyFromPem, privateKeyToPem } from '@coco/crypto';
import type { LedgerSecret } from '@coco/ledger';
import { ByteReader, ByteWriter, CocoError, fromUtf8, utf8 } from '@coco/primitives';
import { onDiskSync, replaceFileSync } from './disk.js';
import { plainBytes } from './plainBytes.js';
import type { Sealer } from './sealer.js';

export interface NodeSecrets {
  readonly nodeKey: PrivateKey;
  readonly serviceKey: PrivateKey;
  readonly ledgerSecrets: readonly LedgerSecret[];
}

const files = { nodeKey: 'node key', serviceKey: 'service key', ledgerSecrets: 'ledger secrets' } as const;

/** Replaces each file durably, all or nothing. COCO_HOST_DISK. */
export function saveNodeSecrets(directory: string, sealer: Sealer, secrets: NodeSecrets): void {
  onDiskSync('make a directory', directory, () => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  const save = (purpose: string, bytes: Uint8Array): void =>
    replaceFileSync(fileOf(directory, purpose), sealer.seal(purpose, bytes), 0o600);
  save(files.nodeKey, utf8(privateKeyToPem(secrets.nodeKey)));
  save(files.serviceKey, utf8(privateKeyToPem(secrets.serviceKey)));
  const writer = new ByteWriter().u32(secrets.ledgerSecrets.length);
  for (const { fromSeqno, key } of secrets.ledgerSecrets) writer.u64(fromSeqno).sized32(key);
  save(files.ledgerSecrets, writer.finish());
}

/** COCO_HOST_SECRETS when a file is missing, COCO_HOST_SEALED when it does not open. */
export function loadNodeSecrets(directory: string, sealer: Sealer): NodeSecrets {
  const load = (purpose: string): Uint8Array => {
    const file = fileOf(directory, purpose);
    if (!existsSync(file)) {
      throw new CocoError('COCO_HOST_SECRETS', `the sealed ${purpose} is missing: ${file}`, { file });
    }
    return sealer.open(
      purpose,
      onDiskSync('read a secret', file, () => plainBytes(readFileSync(file))),
    );
  };
  const key = (purpose: string): PrivateKey => privateKeyFromPem(fromUtf8(load(purpose)) ?? '');
  const reader = new ByteReader(load(files.ledgerSecrets));
  const ledgerSecrets: LedgerSecret[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    ledgerSecrets.push({ fromSeqno: reader.u64(), key: reader.sized32().slice() });
  }
  reader.end();
  return { nodeKey: key(files.nodeKey), serviceKey: key(files.serviceKey), ledgerSecrets };
}

function fileOf(directory: string, purpose: string): string {
  return path.join(directory, `${purpose.replace(' ', '-')}.sealed`);
}
