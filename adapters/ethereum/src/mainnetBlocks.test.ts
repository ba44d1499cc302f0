/**
 * Each of the 24 public blocks, Frontier to Cancun, executes under its own fork's rules: transactions hash and recover
 * as they should, gas and bloom equal the header's, and since Byzantium the receipts root does too.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { forkRules, isActive } from '@coco/evm';
import { createStore } from '@coco/kv';
import { toHex } from '@coco/primitives';
import { BlockState } from './blockState.js';
import { CodeCache } from './codeCache.js';
import { BLOOM_BYTES, logsBloom, mergeBloom } from './codec/bloom.js';
import { encodeHeader, headerHash } from './codec/header.js';
import { keccak256 } from './codec/keccak.js';
import { trimZeros } from './codec/quantity.js';
import { encodeConsensusReceipt } from './codec/receipt.js';
import { recoverSender } from './codec/signature.js';
import { orderedTrieRoot } from './codec/trieRoot.js';
import { createCocoEvmEngine } from './engine/coco.js';
import { GenesisField } from './genesis/field.js';
import { parseForks } from './genesis/parseForks.js';
import { startOfBlock } from './systemCalls.js';
import { blockKey, TABLES } from './tables.js';
import {
  headerFromJson,
  hexBytes,
  hexWord,
  publicEnvironment,
  transactionFromJson,
} from './testing/jsonBlock.js';
import { readSharedJson, sharedData } from './testing/sharedData.js';
import type { EthereumTransactionReceipt, StateChanges } from './types.js';

/** geth's MainnetChainConfig, as JSON. */
const mainnet = parseForks(
  new GenesisField(
    {
      chainId: 1,
      homesteadBlock: 1_150_000,
      daoForkBlock: 1_920_000,
      eip150Block: 2_463_000,
      eip155Block: 2_675_000,
      eip158Block: 2_675_000,
      byzantiumBlock: 4_370_000,
      constantinopleBlock: 7_280_000,
      petersburgBlock: 7_280_000,
      istanbulBlock: 9_069_000,
      muirGlacierBlock: 9_200_000,
      berlinBlock: 12_244_000,
      londonBlock: 12_965_000,
      arrowGlacierBlock: 13_773_000,
      grayGlacierBlock: 15_050_000,
      mergeNetsplitBlock: 15_537_394,
      shanghaiTime: 1_681_338_455,
      cancunTime: 1_710_338_135,
      pragueTime: 1_746_612_311,
    },
    'config',
  ),
);
const config = { ...mainnet, coinbase: new Uint8Array(20), baseFee: 0n };

interface PreAccount {
  readonly balance: string;
  readonly nonce: number;
  readonly code_hash?: string;
  readonly storage: Readonly<Record<string, string>>;
}

const folder = sharedData('blocks');
const numbers =
  folder === undefined
    ? []
    : readdirSync(folder).filter((name) => existsSync(`${folder}/${name}/block.json`));

if (numbers.length === 0)
  test('public blocks', { skip: 'shared/data/ethereum/blocks is not there' }, () => undefined);

const engine = createCocoEvmEngine();

function preState(number: string, codes: Readonly<Record<string, string>>): StateChanges {
  const accounts = Object.entries(
    readSharedJson<Record<string, PreAccount>>(`blocks/${number}/pre_state.json`),
  );
  return {
    code: accounts.flatMap(([, { code_hash: hash }]) =>
      hash === undefined || codes[hash] === undefined
        ? []
        : [{ codeHash: hexBytes(hash), code: hexBytes(codes[hash]) }],
    ),
    clearedStorage: [],
    accounts: accounts.map(([address, account]) => ({
      address: hexBytes(address),
      account: {
        nonce: BigInt(account.nonce),
        balance: BigInt(account.balance),
        ...(account.code_hash === undefined ? {} : { codeHash: hexBytes(account.code_hash) }),
      },
    })),
    storage: accounts.flatMap(([address, { storage }]) =>
      Object.entries(storage).map(([slot, value]) => ({
        address: hexBytes(address),
        slot: hexWord(slot),
        value: trimZeros(hexWord(value)),
      })),
    ),
  };
}

const codes = numbers.length === 0 ? {} : readSharedJson<Record<string, string>>('blocks/codes.json');
const blockHashes =
  numbers.length === 0 ? {} : readSharedJson<Record<string, string>>('blocks/block_hashes.json');

for (const number of numbers.sort((a, b) => Number(a) - Number(b))) {
  test(`public block ${number} has the gas, bloom and receipts of its header`, async () => {
    const json = readSharedJson<Record<string, string> & { transactions: never[] }>(
      `blocks/${number}/block.json`,
    );
    const header = headerFromJson(json);
    const environment = publicEnvironment(header);
    const rules = forkRules(config, header.number, header.timestamp);
    const store = createStore();
    const transaction = store.begin();
    for (const [past, hash] of Object.entries(blockHashes)) {
      transaction.put(TABLES.blocks, blockKey(Number(past)), hexBytes(hash));
    }
    const before = new BlockState(transaction, new CodeCache());
    before.apply(preState(number, codes));
    before.flush(transaction);
    const state = new BlockState(transaction, new CodeCache());
    await startOfBlock(
      engine,
      { state, environment, rules },
      header.parentHash,
      state,
      header.parentBeaconBlockRoot,
    );

    const receipts: EthereumTransactionReceipt[] = [];
    const raws: Uint8Array[] = [];
    let gasUsed = 0n;
    for (const described of json.transactions as Record<string, string>[]) {
      const decoded = transactionFromJson(described);
      assert.equal(`0x${toHex(decoded.hash)}`, described.hash);
      const sender = recoverSender(decoded);
      assert.equal(`0x${toHex(sender)}`, described.from);
      raws.push(decoded.raw);
      const outcome = await engine.execute({ transaction: decoded, sender }, { state, environment, rules });
      assert.equal(
        outcome.outcome,
        'executed',
        JSON.stringify(outcome, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
      );
      if (outcome.outcome !== 'executed') return;
      state.apply(outcome.changes);
      const { execution } = outcome;
      gasUsed += execution.gasUsed;
      receipts.push({
        type: decoded.type,
        status: execution.status,
        gasUsed: execution.gasUsed,
        cumulativeGasUsed: gasUsed,
        effectiveGasPrice: outcome.effectiveGasPrice,
        firstLogIndex: 0,
        logs: execution.logs,
        revertData: execution.output,
      });
    }
    assert.deepEqual(
      receipts.map((receipt) => receipt.gasUsed),
      readSharedJson<{ gasUsed: string }[]>(`blocks/${number}/receipts.json`).map((receipt) =>
        BigInt(receipt.gasUsed),
      ),
    );
    assert.equal(gasUsed, header.gasUsed);
    const bloom = new Uint8Array(BLOOM_BYTES);
    for (const receipt of receipts) mergeBloom(bloom, logsBloom(receipt.logs));
    assert.equal(toHex(bloom), toHex(header.logsBloom));
    assert.equal(toHex(orderedTrieRoot(raws)), toHex(header.transactionsRoot));
    if (isActive(rules, 'byzantium')) {
      const root = orderedTrieRoot(receipts.map((receipt) => encodeConsensusReceipt(receipt)));
      assert.equal(toHex(root), toHex(header.receiptsRoot));
    }
    assert.equal(`0x${toHex(headerHash(encodeHeader(header)))}`, json.hash);
  });
}

test('code of the public blocks has the hashes that name it', { skip: numbers.length === 0 }, () => {
  for (const [hash, code] of Object.entries(codes)) {
    assert.equal(`0x${toHex(keccak256(hexBytes(code)))}`, hash);
  }
});
