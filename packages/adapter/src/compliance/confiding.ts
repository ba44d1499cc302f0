/**
 * Checks of adapters that keep records for some actors only (CONF-5), by samples that they bring; the others pass them.
 */
import { utf8 } from '@coco/primitives';
import type { Caller } from '../types.js';
import { expect } from './stage.js';
import type { StageCheck } from './storing.js';

export const confidingChecks: readonly StageCheck[] = [
  {
    name: 'a confidential record is answered to its parties, and to all others as if it were not there',
    async run(stage) {
      const { confidential } = stage.subject;
      if (confidential === undefined) return;
      const { write, party, read, readMissing, contents } = confidential;
      await stage.genesis();
      const { status } = await stage.answer(write);
      expect(status < 300, `an honest confidential write is answered with ${status}`);
      const own = await stage.answer({ ...read, caller: party });
      expect(own.status < 300 && includes(own.body, utf8(contents)), 'a party reads its record');
      for (const caller of strangers) {
        const there = await stage.handle({ ...read, caller });
        const missing = await stage.handle({ ...readMissing, caller });
        expect(
          print(there) === print(missing),
          `a ${caller.kind} that is no party can tell that it is there`,
        );
      }
    },
  },
  {
    name: 'what is in a confidential record is in no public table',
    async run(stage) {
      const { confidential } = stage.subject;
      if (confidential === undefined) return;
      await stage.genesis();
      await stage.answer(confidential.write);
      const contents = utf8(confidential.contents);
      const reader = stage.store.read(stage.store.head);
      let isKept = false;
      for (const table of stage.store.tables()) {
        for (const { key, value } of reader.range(table)) {
          if (!includes(key, contents) && !includes(value, contents)) continue;
          isKept = true;
          expect(!table.startsWith('public:'), `${table} shows what is in a confidential record`);
        }
      }
      expect(isKept, 'the contents of the sample are in some row');
    },
  },
];

const strangerId = 'fe'.repeat(32);
const strangers: readonly Caller[] = [
  { kind: 'member', id: strangerId },
  { kind: 'participant', id: strangerId },
  { kind: 'node', id: strangerId },
  { kind: 'anonymous' },
];

function print(handled: unknown): string {
  return JSON.stringify(handled, (_, value) => (value instanceof Uint8Array ? [...value] : value));
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (part.every((byte, index) => bytes[at + index] === byte)) return true;
  }
  return false;
}
