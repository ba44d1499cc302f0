/**
 * One node in this process, until it is told to stop.
 */
import process from 'node:process';
import {
  createLog,
  createMetrics,
  type Log,
  type LogLevel,
  type NodeConfig,
  openVirtualSealer,
  type RunningNode,
  startNode,
} from '@coco/host';
import type { OptionSpec, OptionValues } from '../command.js';
import { UsageError } from '../command.js';
import type { NodeFailure, NodeReport } from '../nodeReport.js';

/** How a node logs. */
export const logOptions = {
  'log-format': { type: 'string', value: 'text|json', default: 'text', help: 'how log lines look' },
  'log-level': { type: 'string', value: 'LEVEL', default: 'info', help: 'debug, info, warn or error' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** A log as the options say, on standard output. A UsageError when they do not. */
export function openLog(options: OptionValues): Log {
  const level = (['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]).find(
    (one) => one === options['log-level'],
  );
  const format = (['text', 'json'] as const).find((one) => one === options['log-format']);
  if (level === undefined) throw new UsageError('--log-level is debug, info, warn or error');
  if (format === undefined) throw new UsageError('--log-format is text or json');
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  return createLog({ level, format, write, now: () => new Date() });
}

/** Starts the node and waits until it has stopped; the exit status. COCO_HOST_*. */
export async function runNode(config: NodeConfig, log: Log): Promise<number> {
  const metrics = createMetrics();
  const sealer = await openVirtualSealer(config.virtualKeyPath);
  if (sealer.provesNothing)
    log.warn('platform virtual: it proves nothing; its sealing key is a file on this disk');
  if (config.admitAnonymous)
    log.warn('clients without a certificate are admitted (admitAnonymous): for sandboxes only');
  let ended: (status: number) => void = () => undefined;
  const end = new Promise<number>((resolve) => {
    ended = resolve;
  });
  const node = await startNode({ config, sealer, log, metrics, onFatal: () => ended(70) });
  log.info('node started', { nodeId: node.nodeId, port: node.application.port });
  const stop = (reason: string): void => {
    log.info(`stopping: ${reason}`);
    void node.stop().then(() => ended(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal));
  // Whoever started this node is gone, and nobody would stop it.
  const orphaned = (): void => stop('the launcher is gone');
  process.once('disconnect', orphaned);
  const reports = setInterval(() => tell(reportOf(node, metrics)), 250);
  const status = await end;
  clearInterval(reports);
  process.off('disconnect', orphaned);
  if (process.connected) process.disconnect();
  return status;
}

function reportOf(node: RunningNode, metrics: ReturnType<typeof createMetrics>): NodeReport {
  const { consensus } = node.replica.status();
  const { counters, latencies } = metrics.snapshot();
  const latency = latencies['commit_latency'];
  return {
    type: 'report',
    nodeId: node.nodeId,
    role:
      consensus.leadership === 'Leader'
        ? 'primary'
        : consensus.leadership === 'Follower'
          ? 'backup'
          : 'candidate',
    view: consensus.view,
    commit: node.replica.commit,
    transactions: counters['transactions'] ?? 0,
    latencyP50Ms: latency?.p50Ms ?? 0,
    latencyP99Ms: latency?.p99Ms ?? 0,
    applicationUrl: `https://${node.application.host}:${node.application.port}`,
    administrativeUrl: `https://${node.administrative.host}:${node.administrative.port}`,
  };
}

/** Tells the process that started this one, if one did and listens. */
export function tell(message: NodeReport | NodeFailure): void {
  if (process.connected) process.send?.(message);
}
