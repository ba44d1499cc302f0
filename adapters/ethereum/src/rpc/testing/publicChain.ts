/**
 * The chain behind the samples of ethereum/execution-apis, executed by our engine and stored under the headers that
 * it has there, so that answers can be compared with geth's byte by byte. Rewards of miners and withdrawals are left
 * out: no sample looks at them.
 */
import { readFileSync } from 'node:fs';
import { forkRules } from '@coco/evm';
import { createStore, type Store } from '@coco/kv';
import { writeBlock } from '../../block.js';
import { BlockState } from '../../blockState.js';
import { CodeCache } from '../../codeCache.js';
import { decodeTransaction } from '../../codec/decodeTransaction.js';
import { decodeHeader, headerHash } from '../../codec/header.js';
import { decodeRlp, encodeRlp, type Rlp } from '../../codec/rlp.js';
import { recoverSender } from '../../codec/signature.js';
import { createCocoEvmEngine } from '../../engine/coco.js';
import { type Genesis, parseGenesis } from '../../genesis/parse.js';
import { writeGenesis } from '../../genesis/write.js';
import { startOfBlock } from '../../systemCalls.js';
import { publicEnvironment } from '../../testing/jsonBlock.js';
import { readSharedJson, sharedData } from '../../testing/sharedData.js';
import type {
  BlockHeader,
  EthereumBlock,
  EthereumItem,
  EthereumTransactionReceipt,
  Hash,
} from '../../types.js';

interface PublicBlock {
  readonly hash: Hash;
  readonly header: BlockHeader;
  readonly size: number;
  readonly items: readonly EthereumItem[];
}

/** Where the samples are, or undefined. */
export const publicSamples: string | undefined = sharedData('execution-apis');

/** The chain in a store, and its genesis. */
export async function loadPublicChain(): Promise<{ readonly store: Store; readonly genesis: Genesis }> {
  const genesis = parseGenesis(readSharedJson('execution-apis/genesis.json'));
  const store = createStore();
  const blocks = readBlocks();
  const first = store.begin();
  const block = writeGenesis(first, genesis);
  const hash = blocks[0]?.header.parentHash ?? block.hash;
  writeBlock(first, { ...block, hash }, []);
  store.commit(first, 1);
  for (const [index, next] of blocks.entries()) await storeBlock(store, genesis, next, index + 2);
  return { store, genesis };
}

async function storeBlock(
  store: Store,
  { config }: Genesis,
  next: PublicBlock,
  seqno: number,
): Promise<void> {
  const { header, hash, size, items } = next;
  // The price of blobs follows a schedule of this chain's own, and never rises in it.
  const environment = { ...publicEnvironment(header), blobBaseFee: 1n };
  const rules = forkRules(config, header.number, header.timestamp);
  const transaction = store.begin();
  const state = new BlockState(transaction, new CodeCache());
  const context = { state, environment, rules };
  const system = { ...context, environment: { ...environment, baseFee: 0n } };
  await startOfBlock(engine, system, header.parentHash, state, header.parentBeaconBlockRoot);
  const executed: { readonly item: EthereumItem; readonly receipt: EthereumTransactionReceipt }[] = [];
  let cumulativeGasUsed = 0n;
  let firstLogIndex = 0;
  for (const item of items) {
    const outcome = await engine.execute(item, context);
    if (outcome.outcome === 'refused') {
      throw new Error(`block ${header.number}: ${outcome.refusal.reason}`);
    }
    const { execution, effectiveGasPrice, changes } = outcome;
    state.apply(changes);
    cumulativeGasUsed += execution.gasUsed;
    const { status, gasUsed, logs, createdAddress } = execution;
    const created = createdAddress === undefined ? {} : { contractAddress: createdAddress };
    const { type } = item.transaction;
    const what = { type, status, gasUsed, cumulativeGasUsed, effectiveGasPrice, ...created };
    executed.push({ item, receipt: { ...what, firstLogIndex, logs, revertData: new Uint8Array(0) } });
    firstLogIndex += logs.length;
  }
  if (cumulativeGasUsed !== header.gasUsed) throw new Error(`block ${header.number} used other gas`);
  state.flush(transaction);
  const transactionHashes = items.map((item) => item.transaction.hash);
  const block: EthereumBlock = { hash, header, size, transactionHashes };
  writeBlock(transaction, block, executed);
  store.commit(transaction, seqno);
}

const engine = createCocoEvmEngine();

function readBlocks(): readonly PublicBlock[] {
  const file = new Uint8Array(readFileSync(`${publicSamples}/chain.rlp`));
  const blocks: PublicBlock[] = [];
  for (let at = 0; at < file.length; ) {
    const size = rlpSize(file.subarray(at));
    const [header, transactions] = decodeRlp(file.slice(at, at + size), {
      depthMax: 16,
      itemsMax: 1e6,
    }) as Rlp[];
    const encoded = encodeRlp(header as Rlp);
    const items = (transactions as Rlp[]).map(toItem);
    blocks.push({ hash: headerHash(encoded), header: decodeHeader(encoded), size, items });
    at += size;
  }
  return blocks;
}

/** Typed transactions stand in a block as strings, legacy ones as lists. */
function toItem(value: Rlp): EthereumItem {
  const raw = value instanceof Uint8Array ? value : encodeRlp(value);
  const transaction = decodeTransaction(raw, { highS: true, bytesMax: 1e6 });
  return { transaction, sender: recoverSender(transaction) };
}

/** Bytes of the list at the start of `bytes`, its header included. */
function rlpSize(bytes: Uint8Array): number {
  const first = bytes[0] as number;
  if (first < 0xf8) return 1 + first - 0xc0;
  let length = 0;
  for (let i = 1; i <= first - 0xf7; i++) length = length * 256 + (bytes[i] as number);
  return 1 + first - 0xf7 + length;
}
