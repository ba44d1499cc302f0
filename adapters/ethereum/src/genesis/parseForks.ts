/**
 * geth's `config`: which fork begins at which block or time. The keys of forks that we do not know are refused, since
 * passing over one would silently run other rules; everything else that geth keeps there does not concern us.
 */
import { activatesByTime, FORKS } from '@coco/evm';
import type { ChainConfig, ForkName } from '../types.js';
import type { GenesisField } from './field.js';

const FORK_OF_KEY: Readonly<Record<string, ForkName>> = {
  homesteadBlock: 'homestead',
  daoForkBlock: 'dao',
  eip150Block: 'tangerineWhistle',
  eip158Block: 'spuriousDragon',
  byzantiumBlock: 'byzantium',
  constantinopleBlock: 'constantinople',
  petersburgBlock: 'petersburg',
  istanbulBlock: 'istanbul',
  muirGlacierBlock: 'muirGlacier',
  berlinBlock: 'berlin',
  londonBlock: 'london',
  arrowGlacierBlock: 'arrowGlacier',
  grayGlacierBlock: 'grayGlacier',
  mergeNetsplitBlock: 'paris',
  shanghaiTime: 'shanghai',
  cancunTime: 'cancun',
  pragueTime: 'prague',
  osakaTime: 'osaka',
};

/** Keys that look like forks and change nothing that is executed here: blob parameters only, or implied by others. */
const WITHOUT_EFFECT = new Set(['eip155Block', 'bpo1Time', 'bpo2Time', 'bpo3Time', 'bpo4Time', 'bpo5Time']);

/** Forks that a schedule may leave out although later ones are in it (geth's rule). */
const OPTIONAL = new Set<ForkName>([
  'frontier',
  'dao',
  'muirGlacier',
  'arrowGlacier',
  'grayGlacier',
  'paris',
]);

/** Chain id and fork schedule. */
export function parseForks(config: GenesisField): Pick<ChainConfig, 'chainId' | 'activations'> {
  const chainId = config.required('chainId').quantity(64);
  const activations: Partial<Record<ForkName, number>> = {};
  for (const [key, field] of config.entries()) {
    if (!/(Block|Time)$/.test(key) || WITHOUT_EFFECT.has(key)) continue;
    const fork = Object.hasOwn(FORK_OF_KEY, key) ? FORK_OF_KEY[key] : undefined;
    const known = config.optional(key);
    if (known === undefined) continue;
    if (fork === undefined) throw field.wrong('is a fork that is not supported');
    activations[fork] = known.safeInteger();
  }
  if (config.optional('terminalTotalDifficulty')?.quantity(256) === 0n) activations.paris ??= 0;
  checkOrder(activations, config);
  return { chainId, activations };
}

function checkOrder(activations: Partial<Record<ForkName, number>>, config: GenesisField): void {
  let previous: ForkName | undefined;
  let missing: ForkName | undefined;
  for (const fork of FORKS) {
    const at = activations[fork];
    if (at === undefined) {
      if (!OPTIONAL.has(fork)) missing ??= fork;
      continue;
    }
    if (missing !== undefined) throw config.wrong(`enables ${fork} without ${missing}`);
    const comparable = previous !== undefined && activatesByTime(previous) === activatesByTime(fork);
    if (comparable && at < (activations[previous as ForkName] as number)) {
      throw config.wrong(`enables ${fork} before ${previous}`);
    }
    // Paris without blocks of its own (a chain that begins merged) says nothing about the order of the others.
    if (fork !== 'paris') previous = fork;
  }
}
