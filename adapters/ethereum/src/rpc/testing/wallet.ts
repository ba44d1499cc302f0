/**
 * A key that signs transactions for tests.
 */
import type { UnsignedFields } from '../../codec/encodeTransaction.js';
import { createSigner, type Signer } from '../../testing/signer.js';
import type { Address } from '../../types.js';
import { formatData } from '../format.js';

/** The chain id of test networks. */
export const TEST_CHAIN_ID = 4242n;

/** What a test says of a transaction; the rest has defaults. */
export interface Sending {
  readonly nonce: number | bigint;
  /** Default: a fixed account without code. `null` creates a contract. */
  readonly to?: Address | null;
  readonly value?: bigint;
  readonly data?: Uint8Array;
  readonly gasLimit?: bigint;
  readonly maxFeePerGas?: bigint;
  readonly maxPriorityFeePerGas?: bigint;
  readonly chainId?: bigint;
  /** Signs a legacy transaction without a chain id. */
  readonly legacy?: boolean;
}

/** An account that somebody can sign for. */
export interface Wallet {
  readonly address: Address;
  readonly addressHex: string;
  /** The raw transaction as eth_sendRawTransaction takes it. */
  sign(sending: Sending): string;
}

/** The wallet number `n` (1..255). */
export function testWallet(n: number): Wallet {
  const signer = createSigner(new Uint8Array(32).fill(n));
  const { address } = signer;
  return { address, addressHex: formatData(address), sign: (sending) => sign(signer, sending) };
}

/** Where transfers go that do not say where. */
export const SOMEBODY: Address = new Uint8Array(20).fill(0xbb);

function sign(signer: Signer, sending: Sending): string {
  const { to = SOMEBODY, legacy = false } = sending;
  const base = {
    nonce: BigInt(sending.nonce),
    gasLimit: sending.gasLimit ?? 200_000n,
    ...(to === null ? {} : { to }),
    value: sending.value ?? 0n,
    data: sending.data ?? new Uint8Array(0),
  };
  const unsigned: UnsignedFields = legacy
    ? { type: 0, ...base, gasPrice: sending.maxFeePerGas ?? 0n }
    : {
        type: 2,
        ...base,
        chainId: sending.chainId ?? TEST_CHAIN_ID,
        maxFeePerGas: sending.maxFeePerGas ?? 0n,
        maxPriorityFeePerGas: sending.maxPriorityFeePerGas ?? 0n,
        accessList: [],
      };
  return formatData(signer.sign(unsigned).transaction.raw);
}
