/**
 * Funded Ethereum accounts of a sandbox. The keys are random and belong to whoever owns the directory.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from '@coco/crypto';
import { createSigner, type Signer } from '@coco/ethereum';
import { fromHex, toHex } from '@coco/primitives';

export interface Account {
  readonly address: string;
  readonly privateKey: string;
}

export function createAccounts(count: number): readonly Account[] {
  return Array.from({ length: count }, () => {
    const { address, privateKey } = createSigner(randomBytes(32));
    return { address: `0x${toHex(address)}`, privateKey: `0x${toHex(privateKey)}` };
  });
}

export function saveAccounts(file: string, accounts: readonly Account[]): void {
  writeFileSync(file, `${JSON.stringify(accounts, null, 2)}\n`, { mode: 0o600 });
}

export function loadAccounts(file: string): readonly Account[] {
  return JSON.parse(readFileSync(file, 'utf8')) as readonly Account[];
}

export function signerOf({ privateKey }: Account): Signer {
  return createSigner(fromHex(privateKey.slice(2)) ?? new Uint8Array(32));
}
