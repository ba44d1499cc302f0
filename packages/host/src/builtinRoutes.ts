/**
 * What every node answers by itself, without a worker: transaction status, commit, receipts, and a picture of the
 * node. Paths and shapes are CCF's where it has them; application paths answer with or without `/app`.
 */
import type { AdapterRequest } from '@coco/adapter';
import { formatTxId, type NodeId, parseTxId } from '@coco/primitives';
import type { Replica } from '@coco/replica';
import type { CommitTimes } from './commitTimes.js';
import type { NodeEntry } from './config.js';
import type { HttpResponse } from './http.js';
import type { Metrics } from './metrics.js';

export interface BuiltinContext {
  readonly nodeId: NodeId;
  readonly replica: Replica;
  readonly nodes: readonly NodeEntry[];
  readonly serviceCertificatePem: string;
  readonly provesNothing: boolean;
  readonly metrics: Metrics;
  readonly commitTimes: CommitTimes;
}

export type BuiltinRoutes = (request: AdapterRequest, door: 'app' | 'node') => HttpResponse | undefined;

/** Answers a GET of a built-in path; undefined when the path is not built in. */
export function builtinRoutes(context: BuiltinContext): BuiltinRoutes {
  const both: Readonly<Record<string, (query: URLSearchParams) => HttpResponse>> = {
    commit: () => json(200, { transaction_id: formatTxId(context.replica.status().committed) }),
    tx: (query) => transactionStatus(context, query),
    receipt: (query) => receipt(context, query),
  };
  const administrative: typeof both = {
    ...both,
    state: () => state(context),
    network: () => network(context),
    consensus: () => json(200, { details: context.replica.status().consensus }),
    metrics: () => text(context.metrics.text()),
    commits: (query) =>
      json(200, { commits: context.commitTimes.after(Number(query.get('after') ?? 0) || 0) }),
  };
  return ({ method, path, query }, door) => {
    const prefix = door === 'app' ? '/app/' : '/node/';
    const name = path.startsWith(prefix) ? path.slice(prefix.length) : path.slice(1);
    const routes = door === 'app' ? both : administrative;
    const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
    if (route === undefined) return undefined;
    if (method !== 'GET') return failure(405, 'UnsupportedHttpVerb', `${path} takes GET only`);
    return route(new URLSearchParams(query));
  };
}

function transactionStatus({ replica }: BuiltinContext, query: URLSearchParams): HttpResponse {
  const id = parseTxId(query.get('transaction_id') ?? '');
  if (id === undefined) return badTransactionId();
  return json(200, { transaction_id: formatTxId(id), status: replica.txStatus(id) });
}

function receipt({ replica }: BuiltinContext, query: URLSearchParams): HttpResponse {
  const id = parseTxId(query.get('transaction_id') ?? '');
  if (id === undefined) return badTransactionId();
  const status = replica.txStatus(id);
  if (status === 'Invalid')
    return failure(404, 'TransactionInvalid', 'the transaction did not commit and never will');
  if (status !== 'Committed') {
    return failure(202, 'TransactionPendingOrUnknown', 'the transaction is not committed yet; ask again');
  }
  const found = replica.receipt(id.seqno);
  if (found !== undefined) return json(200, found);
  return failure(
    404,
    'TransactionNotFound',
    'this node no longer holds that part of the Merkle tree in memory',
  );
}

function state({ nodeId, replica, provesNothing }: BuiltinContext): HttpResponse {
  const { consensus, committed } = replica.status();
  return json(200, {
    node_id: nodeId,
    state: 'PartOfNetwork',
    role: consensus.leadership === 'Leader' ? 'primary' : 'backup',
    view: consensus.view,
    last_committed: formatTxId(committed),
    platform: 'virtual',
    platform_proves_nothing: provesNothing,
  });
}

function network({ replica, nodes, serviceCertificatePem }: BuiltinContext): HttpResponse {
  const { consensus } = replica.status();
  const primary = consensus.leadership === 'Leader' ? consensus.nodeId : consensus.primary;
  return json(200, {
    service_status: 'Open',
    service_certificate: serviceCertificatePem,
    current_view: consensus.view,
    primary_id: primary ?? null,
    nodes: nodes.map(({ nodeId, application }) => ({
      node_id: nodeId,
      primary: nodeId === primary,
      status: 'Trusted',
      rpc_interfaces: { application: { published_address: `${application.host}:${application.port}` } },
    })),
  });
}

function badTransactionId(): HttpResponse {
  return failure(
    400,
    'InvalidQueryParameterValue',
    'transaction_id must be given as view.seqno, for example 2.17',
  );
}

function failure(status: number, code: string, message: string): HttpResponse {
  return json(status, { error: { code, message } });
}

function json(status: number, value: unknown): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  };
}

function text(value: string): HttpResponse {
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4' }, body: Buffer.from(value) };
}
