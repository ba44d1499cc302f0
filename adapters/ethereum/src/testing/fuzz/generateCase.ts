/**
 * Makes a random case: a fork, a few contracts that know of each other, accounts of all kinds, and a transaction of any
 * type that the fork has, sometimes one that may not be executed.
 */

import { FORKS, isActive } from '@coco/evm';
import { concatBytes, type Random, seededRandom } from '@coco/primitives';
import { createAddress } from '../../codec/address.js';
import { paddedBytes } from '../../codec/quantity.js';
import type {
  AccessListEntry,
  Address,
  Authorization,
  BlockEnvironment,
  EthereumTransaction,
  ForkRules,
  Hash,
} from '../../types.js';
import { numberedSigner, type Signer } from '../signer.js';
import type { FuzzAccount, FuzzAction, FuzzCase } from './fuzzCase.js';
import { generateProgram, generateRecursion } from './generateProgram.js';
import type { World } from './programWriter.js';
import { oneIn, pick, randomBytes, randomWord } from './values.js';

const CHAIN_ID = 1n;
/** What new chains use is looked at more often. */
const LATEST = FORKS.slice(FORKS.indexOf('shanghai'));
/** Stays touched whatever happens (EIP-161's exception). */
const RIPEMD160 = 3;
const SIGNERS = 4;
const signers: readonly Signer[] = Array.from({ length: SIGNERS }, (_, index) => numberedSigner(index + 1));

/** The case that `seed` (an integer below 2^32) stands for, always the same. */
export function generateCase(seed: number): FuzzCase {
  const random = seededRandom(seed);
  const rules: ForkRules = { chainId: CHAIN_ID, fork: pick(random, oneIn(random, 3) ? LATEST : FORKS) };
  const contracts = Array.from({ length: 1 + random.integer(4) }, (_, index) => address(0x1000 + index));
  const sender = pick(random, signers).address;
  const world: World = {
    rules,
    contracts,
    addresses: [
      ...contracts,
      ...signers.map((signer) => signer.address),
      ...[0, 1, 2, RIPEMD160, 4, 0x0a, 0x11, 0x100, 0x2000, 0x2001, 0xdead].map(address),
    ],
    keys: [0n, 1n, 2n, 3n, 2n ** 256n - 1n],
  };
  const environment = generateEnvironment(random, rules, world);
  if (oneIn(random, 500)) return generateDeepCase(random, world, sender);
  const accounts = generateAccounts(random, world, contracts, sender);
  const nonce = accounts.find((account) => account.address === sender)?.nonce ?? 0n;
  const action = generateAction(random, world, { contracts, sender, nonce, environment });
  return { rules, environment, accounts, action };
}

/** Enough gas for 1,024 calls within one another, in spite of EIP-150. */
const DEEP_GAS = 2n ** 45n;

function generateDeepCase(random: Random, world: World, sender: Address): FuzzCase {
  const contract = address(0x1000);
  const environment = { ...generateEnvironment(random, world.rules, world), baseFee: 0n, gasLimit: DEEP_GAS };
  const accounts: readonly FuzzAccount[] = [
    { address: contract, nonce: 1n, balance: 0n, code: generateRecursion(random, world), storage: [] },
    { address: sender, nonce: 0n, balance: 10n ** 18n, storage: [] },
  ];
  const message = {
    from: sender,
    to: contract,
    gasLimit: DEEP_GAS,
    gasPrice: 0n,
    value: 0n,
    data: new Uint8Array(0),
  };
  return { rules: world.rules, environment, accounts, action: { kind: 'call', message } };
}

function address(number: number): Address {
  return paddedBytes(BigInt(number), 20);
}

function generateEnvironment(random: Random, rules: ForkRules, world: World): BlockEnvironment {
  return {
    number: pick(random, [0, 1, 255, 256, 257, 500, 1_000_000]) + random.integer(3),
    timestamp: random.integer(2 ** 31),
    coinbase: oneIn(random, 3) ? pick(random, world.addresses) : address(0xc0ffee),
    gasLimit: 30_000_000n,
    baseFee: isActive(rules, 'london') ? BigInt(random.integer(20)) : 0n,
    difficulty: isActive(rules, 'paris') ? 0n : BigInt(random.integer(2 ** 31)),
    prevRandao: randomBytes(random, 32),
    blobBaseFee: isActive(rules, 'cancun') ? BigInt(1 + random.integer(3)) : 1n,
  };
}

function generateAccounts(
  random: Random,
  world: World,
  contracts: readonly Address[],
  sender: Address,
): readonly FuzzAccount[] {
  // Most contracts call only those after them: endless recursion leaves little to be seen.
  const worldOf = (contract: Address): World => {
    if (oneIn(random, 10)) return world;
    const before = contracts.slice(0, contracts.indexOf(contract) + 1);
    const after = (known: Address) => !before.includes(known);
    return { ...world, addresses: world.addresses.filter(after), contracts: contracts.filter(after) };
  };
  const accounts: FuzzAccount[] = contracts.map((contract) => ({
    address: contract,
    nonce: oneIn(random, 30) ? 2n ** 64n - 2n + BigInt(random.integer(2)) : BigInt(random.integer(3)),
    balance: oneIn(random, 3) ? BigInt(random.integer(1000)) : 0n,
    code: oneIn(random, 20)
      ? randomBytes(random, random.integer(60))
      : generateProgram(random, worldOf(contract)),
    storage: generateStorage(random, world),
  }));
  for (const signer of signers) {
    const isSender = signer.address === sender;
    if (!isSender && oneIn(random, 3)) continue;
    const delegates = isActive(world.rules, 'prague') && oneIn(random, 4);
    accounts.push({
      address: signer.address,
      nonce: oneIn(random, 200) ? 2n ** 64n - 1n : BigInt(random.integer(3)),
      balance: isSender && !oneIn(random, 40) ? 10n ** 18n : BigInt(random.integer(100_000)),
      ...(delegates ? { code: delegation(pick(random, world.addresses)) } : {}),
      storage: delegates ? generateStorage(random, world) : [],
    });
  }
  for (const other of [0x2000, 0x2001, RIPEMD160].map(address)) {
    if (oneIn(random, 2)) continue;
    // Empty accounts were left from before EIP-161.
    const balance = oneIn(random, 4) ? 0n : BigInt(1 + random.integer(1000));
    accounts.push({ address: other, nonce: BigInt(random.integer(2)), balance, storage: [] });
  }
  if (oneIn(random, 10)) accounts.push(generateObstacle(random, world, pick(random, accounts)));
  return accounts;
}

/** An account where another is about to create one (EIP-684, EIP-7610). */
function generateObstacle(random: Random, world: World, creator: FuzzAccount): FuzzAccount {
  const kind = random.integer(4);
  return {
    address: createAddress(creator.address, creator.nonce),
    nonce: kind === 0 ? 1n : 0n,
    balance: BigInt(random.integer(2)),
    ...(kind === 1 ? { code: Uint8Array.of(0) } : {}),
    storage: kind === 2 ? generateStorage(random, world) : [],
  };
}

function delegation(to: Address): Uint8Array {
  return concatBytes(Uint8Array.of(0xef, 1, 0), to);
}

function generateStorage(random: Random, world: World): FuzzAccount['storage'] {
  return world.keys
    .filter(() => oneIn(random, 3))
    .map((key) => [paddedBytes(key, 32), paddedBytes(randomWord(random) || 1n, 32)] as const);
}

/** Where an action comes from and goes to. */
interface Place {
  readonly contracts: readonly Address[];
  readonly sender: Address;
  readonly nonce: bigint;
  readonly environment: BlockEnvironment;
}

function generateAction(
  random: Random,
  world: World,
  { contracts, sender, nonce, environment }: Place,
): FuzzAction {
  const creates = oneIn(random, 10);
  const to = oneIn(random, 12)
    ? pick(random, world.addresses)
    : pick(random, [...contracts, contracts[0] as Address]);
  const target = creates ? {} : { to };
  const gasLimit = generateGas(random);
  const value = oneIn(random, 3) ? BigInt(random.integer(1000)) : 0n;
  const data = creates ? new Uint8Array(0) : generateInput(random, world);
  const initcode = creates ? { initcode: generateProgram(random, world) } : {};
  if (oneIn(random, 10)) {
    const gasPrice = oneIn(random, 2) ? 0n : BigInt(20 + random.integer(20));
    const lists = isActive(world.rules, 'berlin') ? { accessList: generateAccessList(random, world) } : {};
    const message = { from: sender, ...target, gasLimit, gasPrice, value, data, ...lists };
    return { kind: 'call', message, ...initcode };
  }
  const wrong = oneIn(random, 100) ? 1n : 0n;
  const base = {
    ...target,
    nonce: nonce + (nonce > 0n && oneIn(random, 2) ? -wrong : wrong),
    gasLimit,
    value,
    data,
  };
  const transaction = generateTransaction(random, world, environment, base);
  return { kind: 'transaction', item: { transaction, sender }, ...initcode };
}

function generateGas(random: Random): bigint {
  if (oneIn(random, 60)) return BigInt(random.integer(60_000));
  if (oneIn(random, 60)) return 10_000_000n + BigInt(random.integer(10_000_000));
  const most = pick(random, [100_000, 300_000, 1_000_000, 1_000_000, 3_000_000]);
  return BigInt(50_000 + random.integer(most));
}

function generateInput(random: Random, world: World): Uint8Array {
  if (oneIn(random, 40)) return new Uint8Array(random.integer(5_000)).fill(random.integer(2));
  if (oneIn(random, 3)) return randomBytes(random, random.integer(100));
  const words = Array.from({ length: random.integer(4) }, () =>
    oneIn(random, 3)
      ? concatBytes(new Uint8Array(12), pick(random, world.addresses))
      : paddedBytes(randomWord(random), 32),
  );
  return concatBytes(...words);
}

const SIGNATURE = { yParity: 0, r: 1n, s: 1n };
const UNUSED_HASH: Hash = new Uint8Array(32);

type Base = Pick<EthereumTransaction, 'nonce' | 'gasLimit' | 'value' | 'data'> & { readonly to?: Address };

function generateTransaction(
  random: Random,
  world: World,
  environment: BlockEnvironment,
  base: Base,
): EthereumTransaction {
  const types = [0, 1, 2, 3, 4].slice(0, 1 + latestType(world.rules));
  let type = oneIn(random, 100) ? random.integer(5) : pick(random, types);
  if (base.to === undefined && type > 2) type = 0;
  // The sender is not recovered: hash, bytes and signature matter to nobody here.
  const common = { hash: UNUSED_HASH, raw: new Uint8Array(0), ...base, ...SIGNATURE, chainId: CHAIN_ID };
  const price = environment.baseFee + BigInt(random.integer(30)) - (oneIn(random, 30) ? 5n : 0n);
  const gasPrice = price < 0n ? 0n : price;
  const accessList = generateAccessList(random, world);
  if (type === 0) {
    const { chainId: _, ...unprotected } = common;
    return { ...(isActive(world.rules, 'spuriousDragon') ? common : unprotected), type, gasPrice, v: 37n };
  }
  if (type === 1) return { ...common, type, gasPrice, accessList };
  const tip = BigInt(random.integer(10));
  const fees = { maxPriorityFeePerGas: tip < gasPrice ? tip : gasPrice, maxFeePerGas: gasPrice };
  if (type === 2) return { ...common, ...fees, type, accessList };
  const to = base.to as Address;
  if (type === 3) {
    const blobVersionedHashes = Array.from(
      { length: oneIn(random, 20) ? random.integer(11) : 1 + random.integer(3) },
      () => Uint8Array.from([oneIn(random, 60) ? 2 : 1, ...randomBytes(random, 31)]),
    );
    const maxFeePerBlobGas =
      environment.blobBaseFee + BigInt(random.integer(3)) - (oneIn(random, 40) ? 1n : 0n);
    return { ...common, ...fees, to, type, accessList, maxFeePerBlobGas, blobVersionedHashes };
  }
  const authorizationList = Array.from({ length: oneIn(random, 30) ? 0 : 1 + random.integer(3) }, () =>
    generateAuthorization(random, world),
  );
  return { ...common, ...fees, to, type: 4, accessList, authorizationList };
}

function latestType(rules: ForkRules): number {
  if (isActive(rules, 'prague')) return 4;
  if (isActive(rules, 'cancun')) return 3;
  if (isActive(rules, 'london')) return 2;
  return isActive(rules, 'berlin') ? 1 : 0;
}

function generateAccessList(random: Random, world: World): readonly AccessListEntry[] {
  return Array.from({ length: oneIn(random, 2) ? 0 : random.integer(4) }, () => ({
    address: pick(random, world.addresses),
    storageKeys: Array.from({ length: random.integer(3) }, () => paddedBytes(pick(random, world.keys), 32)),
  }));
}

function generateAuthorization(random: Random, world: World): Authorization {
  const fields = {
    chainId: pick(random, [0n, CHAIN_ID, CHAIN_ID, CHAIN_ID, 2n]),
    address: oneIn(random, 5) ? address(0) : pick(random, world.addresses),
    nonce: BigInt(random.integer(4)),
  };
  const signed = pick(random, signers).authorize(fields);
  return oneIn(random, 12) ? { ...signed, s: randomWord(random) } : signed;
}
