/**
 * A new ledger secret, told by an entry: the row of `public:coco.ledger.secrets`. It begins an epoch (CONF-2): it seals the
 * entries that follow; the entry itself is sealed under the one before. Each node has its own copy, which only a key opens that
 * it keeps in memory (hpke.ts of crypto); the copy that outlives all nodes is sealed to the network's key, in another row.
 *
 *     {"epoch": 2, "at": <ms>, "digest": "<hex>", "actors": "<hex>", "nodes": {"<node id>": "<base64, sealed to it>", …},
 *      "former": ["<node id>", …]}
 *
 * `digest` says which secret it is, without telling it: HMAC-SHA256(secret, "Coco epoch"). `actors` is a digest of who the actors
 * are. `former` are nodes that knew secrets before and are not among the recipients. The genesis begins epoch 1 without a row.
 */
import { hmacSha256 } from '@coco/crypto';
import { fromBase64, fromUtf8, type NodeId, toBase64, toHex, utf8 } from '@coco/primitives';

export interface SecretRow {
  /** Counted from 1; the first that a row tells is 2. */
  readonly epoch: number;
  /** When it began, by the primary's wall clock: milliseconds since 1970. */
  readonly atMs: number;
  /** Hex, 32 bytes: `secretDigest`. */
  readonly digest: string;
  /** Hex, 32 bytes. */
  readonly actors: string;
  readonly nodes: Readonly<Record<NodeId, Uint8Array>>;
  readonly former: readonly NodeId[];
}

/** By what a secret (32 bytes) is recognised by those who have it, and by nobody else: hex. */
export function secretDigest(secret: Uint8Array): string {
  return toHex(hmacSha256(secret, digestLabel));
}

const digestLabel = utf8('Coco epoch');

/** The value of the row. */
export function encodeSecretRow({ epoch, atMs, digest, actors, nodes, former }: SecretRow): Uint8Array {
  const sealed = Object.entries(nodes).map(([id, bytes]) => [id, toBase64(bytes)] as const);
  return utf8(JSON.stringify({ epoch, at: atMs, digest, actors, nodes: Object.fromEntries(sealed), former }));
}

/** What `row` says of the secret, without the copies; undefined when it is malformed. */
export function readSecretRow(row: Uint8Array): Omit<SecretRow, 'nodes'> | undefined {
  const { epoch, at: atMs, digest, actors } = fieldsOf(row);
  if (!isCount(epoch) || !isCount(atMs) || !isDigest(digest) || !isDigest(actors)) return undefined;
  return { epoch, atMs, digest, actors, former: formerIn(row) };
}

/** What `row` has for `node`; undefined when that is nothing, or the row is malformed. */
export function secretFor(row: Uint8Array, node: NodeId): Uint8Array | undefined {
  const { nodes } = fieldsOf(row);
  if (typeof nodes !== 'object' || nodes === null || !Object.hasOwn(nodes, node)) return undefined;
  const sealed: unknown = (nodes as Record<string, unknown>)[node];
  return typeof sealed === 'string' ? fromBase64(sealed) : undefined;
}

/** The nodes that `row` says knew secrets before. */
export function formerIn(row: Uint8Array): readonly NodeId[] {
  const { former } = fieldsOf(row);
  return Array.isArray(former) ? former.filter((id) => typeof id === 'string') : [];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

type Fields = { readonly [Name in keyof SecretRow | 'at']?: unknown };

function fieldsOf(row: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(fromUtf8(row) ?? '');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
