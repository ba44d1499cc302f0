/**
 * Who takes part in the network, as one version of the governance tables says; what the node does about a change
 * (connect, let in, cut, reconfigure) is derived from this view alone.
 */
import type { Reader } from '@coco/kv';
import { readActors } from './actors/readActors.js';
import { constitutionDigest } from './digest.js';
import { readLeasePolicy } from './leases.js';
import { readManifests } from './manifests.js';
import { readNode } from './nodeRow.js';
import { objectRows, readObject, textOf } from './rows.js';
import { readSampleFraction } from './sampling.js';
import { readServiceConfig } from './serviceConfig.js';
import { governanceTables, policyTables } from './tables.js';
import type { NetworkView, NodeView } from './types.js';

/** The view of one version; empty before the genesis. Rows that are not well-formed are left out. */
export function readNetwork(reader: Reader): NetworkView {
  const { leaseSeconds, restart } = readLeasePolicy(reader);
  const service = readObject(reader, governanceTables.serviceInfo);
  const nodes: NodeView[] = [];
  for (const [nodeId, row] of objectRows(reader, governanceTables.nodeInfo)) {
    const read = readNode(reader, nodeId, row);
    if ('node' in read) nodes.push(read.node);
  }
  return {
    seqno: reader.seqno,
    serviceCertificatePem: textOf(service?.['cert']) ?? '',
    serviceStatus: textOf(service?.['status']) ?? '',
    constitutionDigest: constitutionDigest(reader),
    nodes,
    ...readActors(reader),
    nodeCertificateDays: readServiceConfig(reader).nodeCertificateDays,
    manifests: readManifests(reader),
    leaseSeconds,
    leaseRestart: restart,
    sampleFractionPpm: readSampleFraction(reader),
  };
}

const viewedTables: ReadonlySet<string> = new Set([
  ...policyTables,
  governanceTables.nodeInfo,
  governanceTables.nodeCertificates,
  governanceTables.nodeTuples,
  governanceTables.nodeEvidence,
  governanceTables.nodeLeases,
  governanceTables.serviceInfo,
]);

/** Whether a change of `table` can change what `readNetwork` says. */
export function touchesNetwork(table: string): boolean {
  return viewedTables.has(table);
}
