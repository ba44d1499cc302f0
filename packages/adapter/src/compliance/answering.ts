/**
 * Checks of how an adapter answers: never throwing, never ahead of what is committed, forwarding what only the
 * primary can do.
 */
import { equalBytes } from '@coco/primitives';
import type { AdapterRequest, Handled } from '../types.js';
import { hostileRequests } from './hostile-requests.js';
import { expect, type Stage } from './stage.js';
import type { StageCheck } from './storing.js';

export const answeringChecks: readonly StageCheck[] = [
  {
    name: 'routes are a method and a normalised path, each once',
    async run({ subject: { adapter } }) {
      const seen = new Set<string>();
      for (const { method, path } of adapter.routes) {
        expect(/^[A-Z]+$/.test(method), `the method ${method} is in capitals`);
        const normal = path.startsWith('/') && !/\/\/|[?#%\s]|\/\.{1,2}(\/|$)/.test(path);
        expect(normal, `the path ${path} is normalised`);
        expect(!seen.has(`${method} ${path}`), `${method} ${path} is named once`);
        seen.add(`${method} ${path}`);
      }
      expect(seen.size > 0, 'an adapter has routes');
    },
  },
  {
    name: 'hostile requests are answered, change nothing and are not the server’s fault',
    async run(stage) {
      await stage.genesis();
      const { adapter, write } = stage.subject;
      const prototype = Object.getOwnPropertyNames(Object.prototype).join();
      for (const route of adapter.routes) {
        for (const { what, request } of hostileRequests(route, write.body)) {
          const handled = await answered(stage, request, what);
          const status = handled.kind === 'response' ? handled.response.status : 0;
          expect(status < 500, `${what}: answered with ${status}`);
          expect(stage.submissions === 0, `${what}: was submitted`);
        }
      }
      expect(
        Object.getOwnPropertyNames(Object.prototype).join() === prototype,
        'Object.prototype is as before',
      );
      expect((await stage.answer(write)).status < 300, 'an honest request is served afterwards');
    },
  },
  {
    name: 'a write is submitted, committed and answered',
    async run(stage) {
      await stage.genesis();
      const { status, txId } = await stage.answer(stage.subject.write);
      expect(status >= 200 && status < 300, `an honest write is answered with ${status}`);
      expect(stage.submissions > 0 && stage.store.head > 1, 'an honest write is submitted');
      expect(
        txId === undefined || txId.seqno <= stage.store.head,
        'the answer names a transaction that exists',
      );
    },
  },
  {
    name: 'a backup answers reads and forwards writes',
    async run(stage) {
      await stage.genesis();
      stage.isPrimary = false;
      stage.policy = 'COCO_WORKER_NOT_PRIMARY';
      expect((await stage.handle(stage.subject.read)).kind === 'response', 'a backup answers reads');
      expect((await stage.handle(stage.subject.write)).kind === 'forward', 'a backup forwards writes');
      expect(stage.store.head === 1, 'a backup changes nothing');
    },
  },
  {
    name: 'the loss of leadership between two looks is survived',
    async run(stage) {
      await stage.genesis();
      stage.policy = 'COCO_WORKER_NOT_PRIMARY';
      await answered(stage, stage.subject.write, 'submitting as a backup');
    },
  },
  {
    name: 'a full queue, and an execution that failed, are answered',
    async run(stage) {
      await stage.genesis();
      for (const policy of ['COCO_WORKER_BUSY', 'COCO_WORKER_EXECUTION'] as const) {
        stage.policy = policy;
        const handled = await answered(stage, stage.subject.write, policy);
        expect(handled.kind === 'response', `${policy} is answered, not forwarded`);
      }
      expect(stage.store.head === 1, 'nothing was changed');
    },
  },
  {
    name: 'a write that became Invalid is answered',
    async run(stage) {
      await stage.genesis();
      stage.policy = 'invalidate';
      await answered(stage, stage.subject.write, 'a write that is rolled back');
      expect(stage.store.head === 1, 'the write was rolled back');
    },
  },
  {
    name: 'reads of committed state do not show what is not committed',
    async run(stage) {
      await stage.genesis();
      const before = await stage.answer(stage.subject.read);
      await stage.run(stage.subject.items);
      const pending = await stage.answer(stage.subject.read);
      expect(equalBytes(before.body, pending.body), 'what is ordered shows before it is committed');
      stage.commit();
      const after = await stage.answer(stage.subject.read);
      expect(!equalBytes(before.body, after.body), 'what is committed shows');
    },
  },
];

async function answered<Item, Result>(
  stage: Stage<Item, Result>,
  request: AdapterRequest,
  what: string,
): Promise<Handled> {
  try {
    return await stage.handle(request);
  } catch (error) {
    throw new Error(`not compliant: ${what} made the adapter throw: ${String(error)}`, { cause: error });
  }
}
