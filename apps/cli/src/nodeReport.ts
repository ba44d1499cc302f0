/**
 * What a node process tells the process that started it, over their private channel: that it is ready, and how it is
 * doing, twice a second.
 */

export interface NodeReport {
  readonly type: 'report';
  readonly nodeId: string;
  readonly role: 'primary' | 'backup' | 'candidate';
  readonly view: number;
  readonly commit: number;
  /** Client transactions that this node executed and saw committed, since its start. */
  readonly transactions: number;
  /** From receipt to commit, over the last seconds; 0 when there were none. Milliseconds. */
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
  readonly applicationUrl: string;
  readonly administrativeUrl: string;
}

export interface NodeFailure {
  readonly type: 'failure';
  readonly code: string;
  readonly message: string;
}

export function isNodeMessage(message: unknown): message is NodeReport | NodeFailure {
  const type = (message as { type?: unknown } | null)?.type;
  return type === 'report' || type === 'failure';
}
