/**
 * What the Ethereum adapter of a new network begins with. It stands apart from accounts.ts, which loads the whole adapter
 * for its signatures: commands that sign nothing begin sooner without.
 */
import type { Account } from './accounts.js';

/** A sandbox's chain id unless the user chooses another. */
export const sandboxChainId = 20_170_810;
const fundsWei = 10n ** 24n;

/** geth's genesis format: all forks up to Prague from the beginning, gas limit for batches of thousands. */
export function sandboxGenesis(
  accounts: readonly Pick<Account, 'address'>[],
  chainId = sandboxChainId,
): unknown {
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
