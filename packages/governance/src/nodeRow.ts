/**
 * A row of `public:ccf.gov.nodes.info`, in CCF's format, together with the signed tuple and the certificate that stand in
 * tables beside it, as one entry of the VN list.
 */
import { parseCertificate, publicKeyFromPem, publicKeyToPem } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import type { NodeId } from '@coco/primitives';
import { readEvidence } from './evidenceRow.js';
import { readLease } from './leases.js';
import { noQuote } from './quoteInfo.js';
import { isJsonObject, type JsonObject, readObject, readText, textOf } from './rows.js';
import { governanceTables } from './tables.js';
import type { GenesisNode, NodeView } from './types.js';

const nodeIdPattern = /^[0-9a-f]{64}$/;

/** The node `nodeId` whose row is `row`, or why the row is not well-formed. */
export function readNode(
  reader: Reader,
  nodeId: NodeId,
  row: unknown,
): { readonly node: NodeView } | { readonly malformed: string } {
  if (!nodeIdPattern.test(nodeId)) return { malformed: 'its key is not a node id' };
  if (!isJsonObject(row)) return { malformed: 'it is not a JSON object' };
  const { status } = row;
  if (status !== 'Pending' && status !== 'Trusted' && status !== 'Retired') {
    return { malformed: 'it has no known status' };
  }
  const tuple = readObject(reader, governanceTables.nodeTuples, nodeId);
  const certificatePem = readText(reader, governanceTables.nodeCertificates, nodeId);
  const publicKeyPem = publicKeyOf(nodeId, [
    textOf(row['public_key']),
    textOf(tuple?.['public_key']),
    certificatePem,
  ]);
  if (publicKeyPem === undefined) return { malformed: 'it has no public key that makes its id' };
  const peerAddress = published(row['node_to_node_interface']) ?? textOf(tuple?.['peer_address']);
  if (peerAddress === undefined || peerAddress === '')
    return { malformed: 'it has no address for its peers' };
  const interfaces = isJsonObject(row['rpc_interfaces']) ? row['rpc_interfaces'] : {};
  const actorId = textOf(tuple?.['actor']);
  const lease = readLease(reader, nodeId);
  const evidence = readEvidence(reader, nodeId);
  return {
    node: {
      nodeId,
      status,
      retiredCommitted: row['retired_committed'] === true,
      ...(actorId !== undefined && { actorId }),
      peerAddress,
      applicationAddress:
        published(interfaces['application']) ?? textOf(tuple?.['application_address']) ?? '',
      administrativeAddress:
        published(interfaces['administrative']) ?? textOf(tuple?.['administrative_address']) ?? '',
      publicKeyPem,
      ...(certificatePem !== undefined && { certificatePem }),
      ...(lease !== undefined && { lease }),
      ...(evidence !== undefined && { evidence }),
    },
  };
}

/** The row of a node of the genesis. */
export function genesisNodeRow(node: GenesisNode): JsonObject {
  return {
    node_to_node_interface: networkInterface(node.peerAddress),
    public_key: publicKeyToPem(parseCertificate(node.certificatePem).publicKey),
    quote_info: noQuote,
    rpc_interfaces: {
      application: networkInterface(node.applicationAddress),
      administrative: networkInterface(node.administrativeAddress),
    },
    status: 'Trusted',
  };
}

function networkInterface(address: string): JsonObject {
  return { bind_address: address, published_address: address };
}

function published(value: unknown): string | undefined {
  return isJsonObject(value) ? textOf(value['published_address']) : undefined;
}

/** The first of the PEM texts (key or certificate) that holds the key of `nodeId`. */
function publicKeyOf(nodeId: NodeId, pems: readonly (string | undefined)[]): string | undefined {
  for (const pem of pems) {
    if (pem === undefined) continue;
    try {
      const key = pem.includes('BEGIN CERTIFICATE') ? parseCertificate(pem).publicKey : publicKeyFromPem(pem);
      if (key.fingerprint === nodeId) return publicKeyToPem(key);
    } catch {
      // Something else may hold the key.
    }
  }
  return undefined;
}
