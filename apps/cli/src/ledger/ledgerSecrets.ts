/**
 * The keys that open a ledger's private tables, from where whoever is entitled to them has them: a node's sealed
 * secrets, or the recovery shares of members of a CCF service.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { rsaOaepOpener } from '@coco/crypto';
import { loadConfig, loadNodeSecrets, openVirtualSealer } from '@coco/host';
import { type ChunkSource, type LedgerSecret, recoverLedgerSecrets } from '@coco/ledger';
import { CocoError } from '@coco/primitives';
import { readText } from './textFile.js';

/** The ledger secrets of the node whose directory this is, with node.json in it. COCO_CLI_SECRETS, COCO_HOST_*. */
export async function secretsOfNode(directory: string): Promise<readonly LedgerSecret[]> {
  const file = path.join(directory, 'node.json');
  if (!existsSync(file)) throw noSecrets(`${directory} is not the directory of a node: it has no node.json`);
  const { virtualKeyPath, directories } = loadConfig(file);
  // Opening a sealer would make a key where there is none.
  if (!existsSync(virtualKeyPath))
    throw noSecrets(`the key of the virtual platform is missing: ${virtualKeyPath}`);
  const sealer = await openVirtualSealer(virtualKeyPath);
  const { ledgerSecrets } = loadNodeSecrets(directories.sealed, sealer);
  if (ledgerSecrets.length > 0) return ledgerSecrets;
  throw noSecrets(
    "the node has no secret on its disk: its ledger has them sealed to the network's key; `coco audit fetch` reads what an auditor was granted, and `coco recover begin --drill` everything, with M actors' keys",
  );
}

/**
 * The ledger secrets of a CCF ledger from the members' encryption keys (RSA, PEM) in `keyFiles`. COCO_CLI_FILE,
 * COCO_CRYPTO_KEY, COCO_LEDGER_SHARES_*.
 */
export function secretsFromShares(
  files: readonly ChunkSource[],
  keyFiles: readonly string[],
): readonly LedgerSecret[] {
  const openers = keyFiles.map((file) => rsaOaepOpener(readText(file)));
  return recoverLedgerSecrets(files, (_member, encryptedShare) => {
    for (const { open } of openers) {
      const share = open(encryptedShare);
      if (share !== undefined) return share;
    }
    return undefined;
  });
}

function noSecrets(sentence: string): CocoError {
  return new CocoError('COCO_CLI_SECRETS', sentence);
}
