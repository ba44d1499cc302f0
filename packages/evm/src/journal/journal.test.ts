/** A journal goes back to each of its checkpoints exactly, whatever was done in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom, toHex } from '@coco/primitives';
import { keccak256 } from '../keccak.js';
import type { AccountState, Address, StateReader } from '../types.js';
import { bytesWord, wordBytes } from '../words/word.js';
import { isEmpty } from './account.js';
import { Journal, type Mark } from './journal.js';

const addresses = Array.from({ length: 6 }, (_, index) => new Uint8Array(20).fill(index, 19));
const slots = Array.from({ length: 3 }, (_, index) => new Uint8Array(32).fill(index, 31));
const codes = [Uint8Array.of(1), Uint8Array.of(2, 2)];

/** What a state is, in the plainest way: JSON by address. */
interface Model {
  readonly accounts: Record<string, { nonce: number; balance: number; code: string } | undefined>;
  readonly storage: Record<string, string>;
}

/** Before the transaction: account 1 is empty, account 2 has code and storage, account 3 only storage. */
const before: Model = {
  accounts: {
    [hex(1)]: { nonce: 0, balance: 0, code: '' },
    [hex(2)]: { nonce: 1, balance: 5, code: '01' },
    [hex(3)]: { nonce: 0, balance: 7, code: '' },
  },
  storage: { [`${hex(2)}/1`]: '05', [`${hex(3)}/2`]: '06' },
};

function hex(index: number): string {
  return toHex(addresses[index] as Address);
}

const reader: StateReader = {
  account(address) {
    const account = before.accounts[toHex(address)];
    if (account === undefined) return undefined;
    const { nonce, balance, code } = account;
    const base = { nonce: BigInt(nonce), balance: BigInt(balance) };
    return code === '' ? base : { ...base, codeHash: keccak256(Uint8Array.from(Buffer.from(code, 'hex'))) };
  },
  code: (hash) => codes.find((code) => toHex(keccak256(code)) === toHex(hash)) as Uint8Array,
  storage: (address, slot) =>
    Uint8Array.from(Buffer.from(before.storage[`${toHex(address)}/${slot[31]}`] ?? '', 'hex')),
  hasStorage: (address) => Object.keys(before.storage).some((key) => key.startsWith(toHex(address))),
  blockHash: () => undefined,
};

/** What the journal says now, as a model. */
function read(journal: Journal): Model {
  const model: Model = { accounts: {}, storage: {} };
  for (const address of addresses) {
    const entry = journal.account(address);
    const account = entry.state;
    const name = toHex(address);
    if (account !== undefined) {
      const { nonce, balance } = account;
      model.accounts[name] = {
        nonce: Number(nonce),
        balance: Number(balance),
        code: toHex(journal.code(entry)),
      };
    }
    for (const slot of slots) {
      const value = wordBytes(journal.slot(entry, slot).value);
      if (value.length > 0) model.storage[`${name}/${slot[31]}`] = toHex(value);
    }
  }
  return model;
}

/** One random change of the journal, and the same of the model. */
function change(random: Random, journal: Journal, model: Model): void {
  const address = addresses[random.integer(addresses.length)] as Address;
  const entry = journal.account(address);
  const name = toHex(address);
  const old = model.accounts[name] ?? { nonce: 0, balance: 0, code: '' };
  const clear = (): void => {
    for (const key of Object.keys(model.storage)) if (key.startsWith(name)) delete model.storage[key];
  };
  switch (random.integer(5)) {
    case 0: {
      const [nonce, balance] = [random.integer(3), random.integer(3)];
      const { codeHash } = entry.state ?? {};
      const account: AccountState = { nonce: BigInt(nonce), balance: BigInt(balance) };
      journal.put(entry, codeHash === undefined ? account : { ...account, codeHash });
      model.accounts[name] = { ...old, nonce, balance };
      break;
    }
    case 1:
      journal.remove(entry);
      delete model.accounts[name];
      clear();
      break;
    case 2: {
      const code = random.integer(3) === 0 ? new Uint8Array(0) : (codes[random.integer(2)] as Uint8Array);
      journal.putCode(entry, code);
      model.accounts[name] = { ...old, code: toHex(code) };
      break;
    }
    case 3: {
      const slot = slots[random.integer(slots.length)] as Uint8Array;
      const value = random.integer(3) === 0 ? new Uint8Array(0) : Uint8Array.of(1 + random.integer(9));
      journal.putSlot(journal.slot(entry, slot), bytesWord(value));
      if (value.length === 0) delete model.storage[`${name}/${slot[31]}`];
      else model.storage[`${name}/${slot[31]}`] = toHex(value);
      break;
    }
    default:
      journal.clearStorage(entry);
      clear();
  }
}

/** The changes of a journal, made to what was before. */
function applied(journal: Journal): Model {
  const model = structuredClone(before);
  const { clearedStorage, accounts, storage } = journal.changes();
  for (const address of clearedStorage) {
    for (const key of Object.keys(model.storage))
      if (key.startsWith(toHex(address))) delete model.storage[key];
  }
  for (const { address, account } of accounts) {
    const name = toHex(address);
    if (account === undefined) delete model.accounts[name];
    else {
      const { nonce, balance } = account;
      model.accounts[name] = {
        nonce: Number(nonce),
        balance: Number(balance),
        code: toHex(journal.code(journal.account(address))),
      };
    }
  }
  for (const { address, slot, value } of storage) {
    const key = `${toHex(address)}/${slot[31]}`;
    if (value.length === 0) delete model.storage[key];
    else model.storage[key] = toHex(value);
  }
  return model;
}

test('random changes, checkpoints, commits and reverts agree with a model that copies everything', () => {
  for (let seed = 0; seed < 400; seed++) {
    const random = seededRandom(seed);
    const journal = new Journal(reader);
    let model = structuredClone(before);
    const saved: { readonly mark: Mark; readonly model: Model }[] = [];
    for (let step = 0; step < 60; step++) {
      const what = random.integer(8);
      if (what === 0) {
        saved.push({ mark: journal.mark(), model: structuredClone(model) });
      } else if (what === 1 && saved.length > 0) {
        const back = saved.pop();
        assert.ok(back !== undefined);
        journal.goBack(back.mark);
        model = back.model;
      } else if (what === 2 && saved.length > 0) {
        saved.pop();
      } else change(random, journal, model);
      assert.deepEqual(read(journal), model, `seed ${seed} step ${step}`);
      for (const address of addresses) {
        const any = Object.keys(model.storage).some((key) => key.startsWith(toHex(address)));
        if (any) assert.ok(journal.hasStorage(journal.account(address)), `seed ${seed} step ${step}`);
      }
    }
    assert.deepEqual(applied(journal), model, `seed ${seed}`);
  }
});

test('EIP-7610: cleared storage is no storage, until something is written', () => {
  const journal = new Journal(reader);
  const account = journal.account(addresses[3] as Address);
  assert.ok(journal.hasStorage(account));
  const mark = journal.mark();
  journal.clearStorage(account);
  assert.ok(!journal.hasStorage(account));
  journal.putSlot(journal.slot(account, slots[0] as Uint8Array), bytesWord(Uint8Array.of(1)));
  assert.ok(journal.hasStorage(account));
  journal.clearStorage(account);
  assert.ok(!journal.hasStorage(account));
  journal.goBack(mark);
  assert.ok(journal.hasStorage(account));
});

test('EIP-161: what was touched and is empty goes; what was not touched stays', () => {
  const journal = new Journal(reader);
  journal.put(journal.account(addresses[1] as Address), { nonce: 0n, balance: 0n });
  journal.put(journal.account(addresses[4] as Address), { nonce: 0n, balance: 0n });
  journal.sweep(true);
  assert.deepEqual(
    journal.changes().accounts.map(({ address, account }) => [toHex(address), account]),
    [[hex(1), undefined]],
    'an account that was not there before does not become a removed one',
  );
  const untouched = new Journal(reader);
  untouched.account(addresses[1] as Address);
  untouched.sweep(true);
  assert.deepEqual(untouched.changes().accounts, []);
});

test('EIP-161: an account that was touched by what was undone was not touched, but for RIPEMD-160', () => {
  for (const [index, stays] of [
    [1, true],
    [3, false],
  ] as const) {
    const address = addresses[index] as Address;
    const journal = new Journal({ ...reader, account: () => ({ nonce: 0n, balance: 0n }) });
    const mark = journal.mark();
    journal.touch(journal.account(address), false);
    journal.goBack(mark);
    journal.sweep(true);
    assert.equal(journal.account(address).state !== undefined, stays);
  }
  assert.ok(isEmpty({ nonce: 0n, balance: 0n }));
});
