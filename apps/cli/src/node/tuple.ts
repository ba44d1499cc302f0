/**
 * The tuple of a node (GOV-1): "this node, with this key, at these addresses, is mine", said and signed by an actor.
 */
import { readRequest, type Signer, signRequest } from '@coco/client';
import { coseDecode, coseVerify, type PublicKey, publicKeyToPem } from '@coco/crypto';
import { type NodeTuple, nodeTupleMessageType, nodeTuplePayload, nodeTupleRow } from '@coco/governance';
import type { NodeConfig } from '@coco/host';
import { CocoError, equalBytes, toBase64 } from '@coco/primitives';

/** What is to be said of the node with this key and configuration. */
export function tupleOf(
  config: Pick<NodeConfig, 'addresses'>,
  publicKey: PublicKey,
  actorId: string,
): NodeTuple {
  const { application, administrative, peer } = config.addresses;
  const text = ({ host, port }: { readonly host: string; readonly port: number }): string =>
    host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return {
    actor: actorId,
    nodeId: publicKey.fingerprint,
    publicKeyPem: publicKeyToPem(publicKey),
    peerAddress: text(peer),
    applicationAddress: text(application),
    administrativeAddress: text(administrative),
  };
}

/** The request that an actor signs to say so. */
export function tupleRequest(tuple: NodeTuple) {
  const createdAt = Math.floor(Date.now() / 1000);
  return {
    type: nodeTupleMessageType,
    actorId: tuple.actor,
    createdAt,
    payload: nodeTuplePayload(tuple),
  } as const;
}

/** The argument of `add_node`. */
export async function signTuple(tuple: NodeTuple, signer: Signer): Promise<Readonly<Record<string, string>>> {
  return nodeTupleRow(tuple, toBase64(await signRequest(tupleRequest(tuple), signer)));
}

/** The same, when the tuple was signed elsewhere as `message`. COCO_CLIENT_REQUEST, COCO_CLI_TUPLE. */
export function signedTuple(
  tuple: NodeTuple,
  message: Uint8Array,
  actorKey: PublicKey | undefined,
): Readonly<Record<string, string>> {
  const { type, payload } = readRequest(message);
  if (type !== nodeTupleMessageType || !equalBytes(payload, nodeTuplePayload(tuple))) {
    const sentence =
      'what was signed is not the tuple of this node with these addresses; prepare and sign it again';
    throw new CocoError('COCO_CLI_TUPLE', sentence);
  }
  if (actorKey !== undefined && !coseVerify(coseDecode(message), actorKey)) {
    throw new CocoError('COCO_CLI_TUPLE', 'the tuple was signed by another key than that of --actor-cert');
  }
  return nodeTupleRow(tuple, toBase64(message));
}
