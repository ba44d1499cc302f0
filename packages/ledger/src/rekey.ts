/**
 * A new ledger secret, told by an entry: the row of `public:coco.ledger.secrets`. It seals the entries that follow; the entry
 * itself is sealed under the one before. Each node has its own copy, which only its share key opens (hpke.ts of crypto).
 *
 *     {"nodes": {"<node id>": "<base64 of the secret, sealed to its share key>", …}, "former": ["<node id>", …]}
 *
 * `former` are nodes that knew secrets before and are not among the recipients.
 */
import { fromBase64, fromUtf8, type NodeId, toBase64, utf8 } from '@coco/primitives';

export interface SecretRow {
  readonly nodes: Readonly<Record<NodeId, Uint8Array>>;
  readonly former: readonly NodeId[];
}

/** The value of the row. */
export function encodeSecretRow({ nodes, former }: SecretRow): Uint8Array {
  const sealed = Object.entries(nodes).map(([id, bytes]) => [id, toBase64(bytes)] as const);
  return utf8(JSON.stringify({ nodes: Object.fromEntries(sealed), former }));
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

function fieldsOf(row: Uint8Array): { readonly nodes?: unknown; readonly former?: unknown } {
  try {
    const value: unknown = JSON.parse(fromUtf8(row) ?? '');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
