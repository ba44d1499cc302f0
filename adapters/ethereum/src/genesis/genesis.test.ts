/** geth's genesis format is read strictly: what is understood is there afterwards, what is not is refused by path. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forkRules } from '@coco/evm';
import { createStore } from '@coco/kv';
import { CocoError, toHex } from '@coco/primitives';
import { readBlockNumber, readChainConfig, readHead } from '../chain.js';
import { decodeAccount, storageKey, TABLES } from '../tables.js';
import { readSharedJson, sharedData } from '../testing/sharedData.js';
import { defaultGenesisLimits, parseGenesis } from './parse.js';
import { writeGenesis } from './write.js';

const address = '0x00000000000000000000000000000000000000aa';
const base = { config: { chainId: 5 }, alloc: {} };

function refused(genesis: unknown, message: RegExp, limits = defaultGenesisLimits): void {
  assert.throws(
    () => parseGenesis(genesis, limits),
    (error: unknown) =>
      error instanceof CocoError && error.code === 'COCO_ETHEREUM_GENESIS' && message.test(error.message),
  );
}

test('accounts, code, storage and the first block are there afterwards', () => {
  const genesis = parseGenesis({
    config: {
      chainId: '0x539',
      homesteadBlock: 0,
      ethash: {},
      terminalTotalDifficulty: '58750000000000000000000',
    },
    nonce: '0x42',
    timestamp: '0x64',
    extraData: '0x11bbe8db',
    gasLimit: '0x1388',
    difficulty: '0x400000000',
    mixHash: `0x${'07'.repeat(32)}`,
    coinbase: `0x${'09'.repeat(20)}`,
    number: '0x0',
    gasUsed: '0x0',
    parentHash: `0x${'00'.repeat(32)}`,
    alloc: {
      [address]: { balance: '1000', nonce: 3, code: '0x6001', storage: { '0x01': '0x00ff', '0x2': '0x0' } },
      bb00000000000000000000000000000000000000: { balance: '0x10' },
    },
  });
  const store = createStore();
  const transaction = store.begin();
  const block = writeGenesis(transaction, genesis);
  store.commit(transaction, 1);
  const reader = store.read(1);
  const account = decodeAccount(
    reader.get(TABLES.accounts, Buffer.from(address.slice(2), 'hex')) as Uint8Array,
  );
  assert.equal(account.balance, 1000n);
  assert.equal(account.nonce, 3n);
  assert.deepEqual(reader.get(TABLES.code, account.codeHash as Uint8Array), Uint8Array.of(0x60, 1));
  const slot = (number: number) => new Uint8Array(32).fill(number, 31);
  const holder = Uint8Array.from(Buffer.from(address.slice(2), 'hex'));
  assert.deepEqual(reader.get(TABLES.storage, storageKey(holder, slot(1))), Uint8Array.of(255));
  assert.equal(reader.get(TABLES.storage, storageKey(holder, slot(2))), undefined);
  assert.deepEqual(readHead(reader), block);
  assert.equal(readBlockNumber(reader, block.hash), 0);
  assert.deepEqual(readChainConfig(reader), genesis.config);
  const { header } = block;
  assert.equal(toHex(header.nonce), '0000000000000042');
  assert.equal(header.difficulty, 0x400000000n);
  assert.equal(header.gasLimit, 5000n);
  assert.equal(header.timestamp, 100);
  assert.equal(toHex(header.extraData), '11bbe8db');
  assert.equal(header.baseFeePerGas, undefined, 'before London');
});

test('a chain has one genesis', () => {
  const transaction = createStore().begin();
  writeGenesis(transaction, parseGenesis(base));
  assert.throws(
    () => writeGenesis(transaction, parseGenesis(base)),
    (error: unknown) => error instanceof CocoError && error.code === 'COCO_ETHEREUM_GENESIS_TWICE',
  );
});

test('equal states have equal state roots, however the file orders them', () => {
  const root = (alloc: unknown) =>
    toHex(writeGenesis(createStore().begin(), parseGenesis({ ...base, alloc })).header.stateRoot);
  const [one, two] = ['01', '02'].map((digit) => digit.padStart(40, '0')) as [string, string];
  const account = { balance: 1, storage: { '0x1': '0x1', '0x2': '0x2' } };
  const turned = { storage: { '0x02': '0x2', '0x1': '0x01' }, balance: '0x1' };
  assert.equal(root({ [one]: account, [two]: {} }), root({ [`0x${two}`]: {}, [one]: turned }));
  assert.notEqual(root({ [one]: account }), root({ [two]: account }));
});

test('forks begin at their block or time', () => {
  const { config } = parseGenesis({
    config: {
      chainId: 1,
      homesteadBlock: 1,
      eip150Block: 2,
      eip155Block: 3,
      eip158Block: 3,
      byzantiumBlock: 4,
      constantinopleBlock: 5,
      petersburgBlock: 5,
      istanbulBlock: 6,
      berlinBlock: 7,
      londonBlock: 8,
      mergeNetsplitBlock: 9,
      shanghaiTime: 1000,
      cancunTime: 2000,
      pragueTime: null,
    },
    alloc: {},
  });
  const at = (number: number, time = 0) => forkRules(config, number, time).fork;
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => at(number)),
    [
      'frontier',
      'homestead',
      'tangerineWhistle',
      'spuriousDragon',
      'byzantium',
      'petersburg',
      'istanbul',
      'berlin',
      'london',
      'paris',
    ],
  );
  assert.deepEqual([at(9, 999), at(9, 1000), at(9, 2000)], ['paris', 'shanghai', 'cancun']);
});

test('what we would have to guess about is refused by its path', () => {
  refused(null, /genesis must be an object/);
  refused([], /genesis must be an object/);
  refused({ alloc: {} }, /genesis\.config is missing/);
  refused({ config: { chainId: 1 } }, /genesis\.alloc is missing/);
  refused({ ...base, allocs: {} }, /genesis\.allocs is not known/);
  refused({ ...base, config: {} }, /genesis\.config\.chainId is missing/);
  refused({ ...base, config: { chainId: -1 } }, /chainId must be a non-negative integer/);
  refused({ ...base, config: { chainId: 2 ** 53 } }, /chainId must be a non-negative integer/);
  refused({ ...base, config: { chainId: '0x10000000000000000' } }, /does not fit into 64 bits/);
  refused(
    { ...base, config: { chainId: 1, amsterdamTime: 0 } },
    /amsterdamTime is a fork that is not supported/,
  );
  refused(
    { ...base, config: { chainId: 1, toString: 0, londonBlock: 5 } },
    /enables london without homestead/,
  );
  refused(
    { ...base, config: { chainId: 1, homesteadBlock: 5, eip150Block: 4 } },
    /enables tangerineWhistle before homestead/,
  );
  refused({ ...base, gasLimit: '12x' }, /genesis\.gasLimit must be/);
  refused({ ...base, gasLimit: 1.5 }, /genesis\.gasLimit must be/);
  refused({ ...base, gasLimit: '0x8000000000000000' }, /does not fit into 63 bits/);
  refused({ ...base, mixHash: '0x00' }, /genesis\.mixHash has 1 bytes/);
  refused({ ...base, coinbase: 7 }, /genesis\.coinbase must be hexadecimal of 20 bytes/);
  refused(
    { ...base, extraData: `0x${'00'.repeat(2000)}` },
    /genesis\.extraData must be hexadecimal of at most 1024 bytes/,
  );
});

test('accounts that are not what they seem are refused by their path', () => {
  const alloc = (entries: unknown) => ({ ...base, alloc: entries });
  refused(alloc({ '0x1': {} }), /alloc\.0x1 /);
  refused(alloc(JSON.parse('{"__proto__":{}}')), /alloc\.__proto__ is not hexadecimal/);
  refused(alloc({ [address]: {}, [address.slice(2)]: {} }), /is there twice/);
  refused(alloc({ [address]: { balance: `0x1${'0'.repeat(64)}` } }), /balance does not fit into 256 bits/);
  refused(alloc({ [address]: { ballance: 1 } }), /ballance is not known/);
  refused(alloc({ [address]: { code: '0x123' } }), /code is not hexadecimal/);
  refused(alloc({ [address]: { storage: { '0x1': 1 } } }), /storage\.0x1 must be hexadecimal/);
  refused(alloc({ [address]: { storage: { '0x1': '0x1', '0x01': '0x2' } } }), /is there twice/);
  refused(alloc({ [address]: { storage: { [`0x${'1'.repeat(65)}`]: '0x1' } } }), /bytes|hexadecimal/);
});

test('a genesis is bounded', () => {
  const limits = { accountsMax: 1, slotsMax: 1, codeBytesMax: 2 };
  const other = address.replace('aa', 'bb');
  refused({ ...base, alloc: { [address]: {}, [other]: {} } }, /more than 1 accounts/, limits);
  refused(
    { ...base, alloc: { [address]: { storage: { '0x1': '0x1', '0x2': '0x1' } } } },
    /more than 1 slots/,
    limits,
  );
  refused(
    { ...base, alloc: { [address]: { code: '0x010203' } } },
    /code must be hexadecimal of at most 2 bytes/,
    limits,
  );
});

const skip =
  sharedData('execution-apis') === undefined ? 'shared/data/ethereum/execution-apis is not there' : false;
test('the genesis of the public conformance chain is read', { skip }, () => {
  const { config, state } = parseGenesis(readSharedJson('execution-apis/genesis.json'));
  assert.equal(config.chainId, 3503995874084926n);
  assert.equal(forkRules(config, 54, 540).fork, 'osaka');
  assert.ok(state.accounts.length > 5);
});
