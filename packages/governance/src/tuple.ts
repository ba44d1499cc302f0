/**
 * VN tuples (GOV-1): an actor says "this node, with this key, at these addresses, is mine", and signs it. A row of
 * `public:coco.nodes.tuples` by node id, and the argument of `add_node`:
 *
 *     { actor, node_id, public_key (PEM), peer_address, application_address, administrative_address,
 *       cose (base64 of a COSE_Sign1: protected { 1: alg, 4: kid = actor (text as bytes), "ccf.gov.msg.type": "vn_tuple" },
 *       payload = JSON of the other fields) }
 */
import { type CoseSign1, coseDecode, publicKeyFromPem } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { fromBase64, fromUtf8, type NodeId } from '@coco/primitives';
import { verifySigner } from './actors/messageSigner.js';
import { readActors } from './actors/readActors.js';
import { isJsonObject, jsonBytes, parseJson, textOf } from './rows.js';

/** What an actor signs of its node. Addresses are "host:port". */
export interface NodeTuple {
  /** Id of the member or participant that runs the node. */
  readonly actor: string;
  readonly nodeId: NodeId;
  readonly publicKeyPem: string;
  readonly peerAddress: string;
  readonly applicationAddress: string;
  readonly administrativeAddress: string;
}

export type TupleVerdict =
  | { readonly outcome: 'good'; readonly tuple: NodeTuple }
  | { readonly outcome: 'refused'; readonly reason: string };

/** The value of "ccf.gov.msg.type" in the protected header of a signed tuple. */
export const nodeTupleMessageType = 'vn_tuple';

const coseBytesMax = 65536;
const addressPattern = /^[\x21-\x7e]{1,253}:\d{1,5}$/;
const keyIdLabel = 4;
const typeLabel = 'ccf.gov.msg.type';

/** The payload to sign: JSON in UTF-8. */
export function nodeTuplePayload(tuple: NodeTuple): Uint8Array {
  return jsonBytes(fieldsOf(tuple));
}

/** The row, and the argument of `add_node`, of a tuple that was signed as `cose` (base64). */
export function nodeTupleRow(tuple: NodeTuple, cose: string): Readonly<Record<string, string>> {
  return { ...fieldsOf(tuple), cose };
}

/**
 * Whether `row` (as above, not yet looked at) is signed by the actor that it names, which must be registered, and whether
 * the key makes the node's id. Never throws. With `nowMs` certificates must be valid then.
 */
export function verifyNodeTuple(reader: Reader, row: unknown, nowMs?: number): TupleVerdict {
  const refused = (reason: string): TupleVerdict => ({ outcome: 'refused', reason });
  const tuple = parseTuple(row);
  if (typeof tuple === 'string') return refused(tuple);
  const message = decoded(isJsonObject(row) ? row['cose'] : undefined);
  if (message === undefined) return refused('its signature is not a COSE_Sign1 in base64 with a payload');
  const { protectedHeader, payload } = message;
  if (protectedHeader.get(typeLabel) !== nodeTupleMessageType) return refused('what was signed is no tuple');
  const keyId = protectedHeader.get(keyIdLabel);
  if (!(keyId instanceof Uint8Array) || fromUtf8(keyId) !== tuple.actor) {
    return refused('it is signed by another than the actor that it names');
  }
  const signed = parseJson(payload);
  const fields = fieldsOf(tuple);
  const same =
    isJsonObject(signed) &&
    Object.keys(signed).length === Object.keys(fields).length &&
    Object.entries(fields).every(([name, value]) => signed[name] === value);
  if (!same) return refused('what was signed differs from what is proposed');
  const { members, participants } = readActors(reader);
  const actor = [...members, ...participants].find(({ id }) => id === tuple.actor);
  if (actor === undefined) return refused('its actor is not a member or participant');
  const verdict = verifySigner(message, actor, nowMs);
  return 'refused' in verdict ? refused(verdict.refused) : { outcome: 'good', tuple };
}

function fieldsOf(tuple: NodeTuple): Readonly<Record<string, string>> {
  return {
    actor: tuple.actor,
    node_id: tuple.nodeId,
    public_key: tuple.publicKeyPem,
    peer_address: tuple.peerAddress,
    application_address: tuple.applicationAddress,
    administrative_address: tuple.administrativeAddress,
  };
}

/** The fields of a row; a sentence when they are not a tuple's. */
function parseTuple(row: unknown): NodeTuple | string {
  if (!isJsonObject(row)) return 'it is not an object';
  const field = (name: string): string => textOf(row[name]) ?? '';
  const tuple: NodeTuple = {
    actor: field('actor'),
    nodeId: field('node_id'),
    publicKeyPem: field('public_key'),
    peerAddress: field('peer_address'),
    applicationAddress: field('application_address'),
    administrativeAddress: field('administrative_address'),
  };
  const addresses = [tuple.peerAddress, tuple.applicationAddress, tuple.administrativeAddress];
  if (!addresses.every((address) => addressPattern.test(address))) return 'an address is not "host:port"';
  try {
    if (publicKeyFromPem(tuple.publicKeyPem).fingerprint !== tuple.nodeId) {
      return 'its node id is not the hash of its public key';
    }
  } catch {
    return 'its public key cannot be read';
  }
  return tuple;
}

function decoded(cose: unknown): CoseSign1 | undefined {
  const bytes = typeof cose === 'string' && cose.length <= 2 * coseBytesMax ? fromBase64(cose) : undefined;
  if (bytes === undefined) return undefined;
  try {
    const message = coseDecode(bytes, { bytesMax: coseBytesMax, depthMax: 8 });
    return message.payload === undefined ? undefined : message;
  } catch {
    return undefined;
  }
}
