/**
 * The accounts of a genesis: what each has from the beginning.
 */
import { toHex } from '@coco/primitives';
import { keccak256 } from '../codec/keccak.js';
import { trimZeros } from '../codec/quantity.js';
import type { AccountState, Address, Hash, StateChanges } from '../types.js';
import { type GenesisField, hexBytes, hexWord } from './field.js';
import type { GenesisLimits } from './parse.js';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] };

/** The accounts as changes to an empty state. */
export function parseAlloc(alloc: GenesisField, limits: GenesisLimits): StateChanges {
  const entries = alloc.entries();
  if (entries.length > limits.accountsMax) throw alloc.wrong(`has more than ${limits.accountsMax} accounts`);
  const changes: Mutable<StateChanges> = { code: [], clearedStorage: [], accounts: [], storage: [] };
  const seen = new Set<string>();
  for (const [key, field] of entries) {
    const address = hexBytes(key, field, 20);
    const name = toHex(address);
    if (seen.has(name)) throw field.wrong('is there twice');
    seen.add(name);
    field.onlyKeys(['balance', 'nonce', 'code', 'storage', 'secretKey']);
    changes.accounts.push({ address, account: parseAccount(field, changes, limits) });
    const storage = field.optional('storage');
    if (storage !== undefined) parseStorage(storage, address, changes);
    if (changes.storage.length > limits.slotsMax) throw alloc.wrong(`has more than ${limits.slotsMax} slots`);
  }
  return changes;
}

function parseAccount(
  field: GenesisField,
  changes: Mutable<StateChanges>,
  limits: GenesisLimits,
): AccountState {
  const balance = field.optional('balance')?.quantity(256) ?? 0n;
  const nonce = field.optional('nonce')?.quantity(64) ?? 0n;
  const code = field.optional('code')?.bytes(0, limits.codeBytesMax);
  if (code === undefined || code.length === 0) return { nonce, balance };
  const codeHash = keccak256(code);
  changes.code.push({ codeHash, code });
  return { nonce, balance, codeHash };
}

function parseStorage(field: GenesisField, address: Address, changes: Mutable<StateChanges>): void {
  const seen = new Set<string>();
  for (const [key, value] of field.entries()) {
    const slot: Hash = hexWord(key, value);
    const name = toHex(slot);
    if (seen.has(name)) throw value.wrong('is there twice');
    seen.add(name);
    const bytes = trimZeros(hexWord(value.text(), value));
    if (bytes.length > 0) changes.storage.push({ address, slot, value: bytes });
  }
}
