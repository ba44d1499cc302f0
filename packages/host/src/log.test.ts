import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, logLineCharsMax } from './log.js';
import { createMetrics } from './metrics.js';

function lines(format: 'text' | 'json'): {
  readonly written: string[];
  readonly log: ReturnType<typeof createLog>;
} {
  const written: string[] = [];
  const now = (): Date => new Date(0);
  return { written, log: createLog({ level: 'info', format, write: (line) => written.push(line), now }) };
}

test('an event is one bounded line, whatever a stranger puts into it (log injection)', () => {
  for (const format of ['text', 'json'] as const) {
    const { written, log } = lines(format);
    log.warn('refused', { path: `/a\r\n2026 error forged\u001b[31m\u2028${'x'.repeat(1_000_000)}` });
    assert.equal(written.length, 1);
    assert.ok((written[0] ?? '').length <= logLineCharsMax);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must be absent
    assert.doesNotMatch(written[0] ?? '', /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
  }
});

test('events below the level are not written, and JSON lines are JSON', () => {
  const { written, log } = lines('json');
  log.debug('no');
  log.info('yes', { seqno: 5 });
  assert.deepEqual(
    written.map((line) => JSON.parse(line)),
    [{ time: '1970-01-01T00:00:00.000Z', level: 'info', message: 'yes', seqno: 5 }],
  );
});

test('latencies are of the newest observations', () => {
  const metrics = createMetrics();
  for (let i = 0; i < 5000; i++) metrics.observe('commit', 1000);
  for (let i = 0; i < 4096; i++) metrics.observe('commit', i);
  metrics.add('transactions', 3);
  metrics.set('view', 2);
  assert.deepEqual(metrics.snapshot().latencies.commit, { count: 9096, p50Ms: 2048, p99Ms: 4055 });
  assert.match(metrics.text(), /^coco_transactions_total 3$/m);
  assert.match(metrics.text(), /^coco_commit_ms\{quantile="0.99"\} 4055$/m);
});
