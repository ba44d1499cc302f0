/**
 * Loads of signed transactions, made before the clock runs: many senders, each with its own nonces.
 */
import { createSigner, type Signer } from '@coco/ethereum';
import { ERC20_INITCODE, erc20Transfer } from '@coco/ethereum/testing';
import { toHex } from '@coco/primitives';

/** 0x-prefixed raw transactions in sending order. */
export type Workload = readonly string[];

/** Senders with known keys; the same on every run. */
export function createSenders(count: number): readonly Signer[] {
  return Array.from({ length: count }, (_, index) => {
    const key = new Uint8Array(32).fill(0x42);
    new DataView(key.buffer).setUint32(28, index + 1);
    return createSigner(key);
  });
}

/** What a transaction needs to be sent. */
interface Call {
  readonly to?: Uint8Array;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly gasLimit: bigint;
}

/** Keeps nonces, so that several loads can follow one another. */
export class Signing {
  readonly #chainId: bigint;
  readonly #nonces = new Map<Signer, bigint>();

  constructor(chainId: bigint) {
    this.#chainId = chainId;
  }

  /** The nonce of the next transaction of `signer`. */
  nonceOf(signer: Signer): bigint {
    return this.#nonces.get(signer) ?? 0n;
  }

  sign(signer: Signer, call: Call): string {
    const nonce = this.nonceOf(signer);
    this.#nonces.set(signer, nonce + 1n);
    const common = {
      nonce,
      gasPrice: 0n,
      gasLimit: call.gasLimit,
      value: call.value,
      data: call.data,
    };
    const to = call.to === undefined ? {} : { to: call.to };
    const { transaction } = signer.sign({ type: 0, chainId: this.#chainId, ...common, ...to });
    return `0x${toHex(transaction.raw)}`;
  }
}

/** Each sends one wei to the next. */
export function transfers(signing: Signing, senders: readonly Signer[], count: number): Workload {
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = pair(senders, index);
    return signing.sign(from, { to: to.address, value: 1n, data: new Uint8Array(0), gasLimit: 21_000n });
  });
}

/** Deploys the token; the first sender gets the supply. */
export function deployToken(signing: Signing, senders: readonly Signer[]): string {
  const deployer = senders[0] as Signer;
  return signing.sign(deployer, { value: 0n, data: ERC20_INITCODE, gasLimit: 2_000_000n });
}

/** The deployer gives every sender tokens. */
export function distributeTokens(signing: Signing, senders: readonly Signer[], token: Uint8Array): Workload {
  const [deployer] = senders;
  return senders
    .slice(1)
    .map(({ address }) => tokenTransfer(signing, deployer as Signer, token, address, 10n ** 18n));
}

/** Each sends one unit of the token to the next. */
export function tokenTransfers(
  signing: Signing,
  senders: readonly Signer[],
  token: Uint8Array,
  count: number,
): Workload {
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = pair(senders, index);
    return tokenTransfer(signing, from, token, to.address, 1n);
  });
}

function tokenTransfer(
  signing: Signing,
  from: Signer,
  token: Uint8Array,
  to: Uint8Array,
  amount: bigint,
): string {
  return signing.sign(from, {
    to: token,
    value: 0n,
    data: erc20Transfer(to, amount),
    gasLimit: 100_000n,
  });
}

function pair(senders: readonly Signer[], index: number): readonly [Signer, Signer] {
  const from = senders[index % senders.length] as Signer;
  return [from, senders[(index + 1) % senders.length] as Signer];
}
