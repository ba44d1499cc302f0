/** What an auditor reads is on the ledger before it is answered, whatever the primary says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuditRead, auditReadKey, auditReadRow, governanceTables } from '@coco/governance';
import { createStore } from '@coco/kv';
import { CocoError, utf8 } from '@coco/primitives';
import { createReadRecorder, type ReadRecorderOptions } from './readRecorder.js';

const read: AuditRead = {
  id: '0a'.repeat(16),
  grant: 'g',
  auditor: 'ab'.repeat(32),
  nodeId: 'cd'.repeat(32),
  what: { epochs: [2] },
  atMs: 5,
};

function recorderOf(tell: (write: (row?: object) => void) => Promise<void>, timeoutMs = 60) {
  const store = createStore();
  const write = (row: object = auditReadRow(read)): void => {
    const put = { key: utf8(auditReadKey(read)), value: utf8(JSON.stringify(row)) };
    store.apply([{ table: governanceTables.auditReads, puts: [put], removes: [] }], store.head + 1);
  };
  const told: ReadRecorderOptions['tell'] = (_, signal, onWaiting) => {
    onWaiting({ message: 'there is no primary' });
    // A limit of time alone keeps no process waiting.
    const waits = setInterval(() => undefined, 1000);
    const late = new Promise<never>((__, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    return Promise.race([tell(write), late]).finally(() => clearInterval(waits));
  };
  return createReadRecorder({ tell: told, tables: () => store.read(store.head), timeoutMs });
}

test('it is recorded when this node finds it committed, sooner or later than the primary says so', async () => {
  await recorderOf(async (write) => write()).record(read);
  await recorderOf(async (write) => void setImmediate(() => write()), 5000).record(read);
});

test('a primary that says so without having done it, or that writes something else, is not believed', async () => {
  const unrecorded = { code: 'COCO_AUDIT_UNRECORDED', message: /does not find it committed/ };
  await assert.rejects(recorderOf(async () => undefined).record(read), unrecorded);
  const other = { ...auditReadRow(read), epochs: [3] };
  await assert.rejects(recorderOf(async (write) => write(other)).record(read), unrecorded);
});

test('the primary’s refusal is told as it is, and anything else as what keeps it from being recorded', async () => {
  const refusing = (code: string) => recorderOf(() => Promise.reject(new CocoError(code, 'no'))).record(read);
  await assert.rejects(refusing('COCO_AUDIT_EXPIRED'), { code: 'COCO_AUDIT_EXPIRED' });
  await assert.rejects(refusing('COCO_JOIN_SERVICE'), { code: 'COCO_AUDIT_UNRECORDED', message: /: no$/ });
  const nobody = recorderOf(() => new Promise(() => undefined)).record(read);
  await assert.rejects(nobody, { code: 'COCO_AUDIT_UNRECORDED', message: /there is no primary/ });
});

test('a node records a few reads at once, and no more', async () => {
  const writes: (() => void)[] = [];
  const recorder = recorderOf((write) => new Promise((resolve) => writes.push(() => resolve(write()))), 5000);
  const recording = [1, 2, 3, 4].map(() => recorder.record(read));
  await assert.rejects(recorder.record(read), { code: 'COCO_AUDIT_BUSY' });
  for (const write of writes) write();
  await Promise.all(recording);
  const again = recorder.record(read);
  writes.at(-1)?.();
  await again;
});
