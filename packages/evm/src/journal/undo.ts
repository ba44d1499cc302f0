/**
 * What can be undone: each change of a journal leaves one of these behind.
 */
import type { AccountState } from '../types.js';
import type { Word } from '../words/word.js';
import type { Account, Slot, TransientSlot } from './account.js';
import type { WordKey } from './keys.js';

export type Undo =
  | { readonly what: 'state'; readonly account: Account; readonly previous: AccountState | undefined }
  | { readonly what: 'touched' | 'warm' | 'created' | 'destroyed'; readonly account: Account }
  | { readonly what: 'slot'; readonly slot: Slot | TransientSlot; readonly previous: Word }
  | { readonly what: 'warmSlot'; readonly slot: Slot }
  | {
      readonly what: 'storage';
      readonly account: Account;
      readonly previous: Map<WordKey, Slot> | undefined;
      readonly cleared: boolean;
    };

/** Takes one change back; they come in the opposite order. */
export function undo(change: Undo): void {
  switch (change.what) {
    case 'state':
      change.account.state = change.previous;
      break;
    case 'slot':
      change.slot.value = change.previous;
      break;
    case 'warmSlot':
      change.slot.warm = false;
      break;
    case 'storage':
      change.account.slots = change.previous;
      change.account.cleared = change.cleared;
      break;
    default:
      change.account[change.what] = false;
  }
}
