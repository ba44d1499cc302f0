/**
 * Funded Ethereum accounts of a sandbox, and its genesis. The keys are random and belong to whoever owns the directory.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from '@coco/crypto';
import { createSigner, type Signer } from '@coco/ethereum';
import { fromHex, toHex } from '@coco/primitives';

export interface Account {
  readonly address: string;
  readonly privateKey: string;
}

/** A sandbox's chain id unless the user chooses another. */
export const sandboxChainId = 20_170_810;
const fundsWei = 10n ** 24n;

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

/** geth's genesis format: all forks up to Prague from the beginning, gas limit for batches of thousands. */
export function sandboxGenesis(accounts: readonly Account[], chainId = sandboxChainId): unknown {
  const zero = Object.fromEntries(
    [
      'homestead',
      'eip150',
      'eip155',
      'eip158',
      'byzantium',
      'constantinople',
      'petersburg',
      'istanbul',
      'berlin',
      'london',
    ].map((fork) => [`${fork}Block`, 0]),
  );
  return {
    config: {
      chainId,
      ...zero,
      terminalTotalDifficulty: 0,
      shanghaiTime: 0,
      cancunTime: 0,
      pragueTime: 0,
    },
    gasLimit: '0x3b9aca00',
    difficulty: '0x0',
    alloc: Object.fromEntries(
      accounts.map(({ address }) => [address, { balance: `0x${fundsWei.toString(16)}` }]),
    ),
  };
}
