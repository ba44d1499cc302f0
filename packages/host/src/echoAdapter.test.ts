/**
 * An adapter for the tests of this room: POST /echo gives the body back, POST /end ends the thread or process that it
 * runs in, POST /bad is answered with what is no answer.
 */
import type { Adapter } from '@coco/adapter';

export function createAdapter(settings: unknown): {
  adapter: Adapter<never, never>;
  close: () => Promise<void>;
} {
  if (settings === 'fail') throw new Error('settings are refused');
  const adapter: Adapter<never, never> = {
    name: 'echo',
    routes: [
      { method: 'POST', path: '/echo' },
      { method: 'POST', path: '/end' },
      { method: 'POST', path: '/bad' },
    ],
    tablePrefixes: ['public:echo.'],
    async genesis() {},
    start() {},
    async handle({ path, body }) {
      if (path === '/end') process.exit(1);
      if (path === '/bad') return { kind: 'response', response: { status: 42, headers: {}, body } };
      // A view of a larger buffer, as small Buffers are.
      const large = new Uint8Array(100_000 + body.length);
      large.set(body, 500);
      return {
        kind: 'response',
        response: { status: 200, headers: {}, body: large.subarray(500, 500 + body.length) },
      };
    },
    async execute() {
      return { results: [] };
    },
    rolledBack() {},
    committed() {},
  };
  return { adapter, close: async () => undefined };
}
