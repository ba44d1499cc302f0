/**
 * What no constitution can do, whatever its scripts say: leave a network that could never decide or order anything again.
 * Looked at after every accepted proposal; a refusal makes it Failed.
 */
import { parseCertificate } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { equalBytes } from '@coco/primitives';
import { isFormerNode } from '../framework.js';
import { parseLease } from '../leases.js';
import { readManifests } from '../manifests.js';
import { readNode } from '../nodeRow.js';
import { distrustedNodes, trustedNodes } from '../reviewNodes.js';
import {
  countOf,
  objectRows,
  parseJson,
  readObject,
  readRow,
  readText,
  rowKey,
  textOf,
  textRows,
} from '../rows.js';
import { governanceTables, networkKeyTables } from '../tables.js';
import { parseVotingPolicy, votesNeeded } from '../votingPolicy.js';
import type { OpenProposal } from './proposal.js';
import { idleLimits, type Scope, spend } from './scope.js';

/** What was so before the proposal was applied. */
export interface Before {
  readonly serviceCertificate: string;
  readonly serviceStatus: string;
  readonly constitution: string;
  readonly nodes: ReadonlyMap<string, { readonly status: string; readonly retiredCommitted: boolean }>;
  /** The rows of leases, by node. */
  readonly leases: ReadonlyMap<string, { readonly bytes: Uint8Array; readonly state?: string | undefined }>;
  /** The row of the ledger's secret. */
  readonly ledgerSecret: Uint8Array | undefined;
  /** How many platforms were approved. */
  readonly platforms: number;
}

export function governedBefore(reader: Reader): Before {
  const service = readObject(reader, governanceTables.serviceInfo);
  const nodes = [...objectRows(reader, governanceTables.nodeInfo)].map(
    ([id, row]) =>
      [
        id,
        { status: textOf(row['status']) ?? '', retiredCommitted: row['retired_committed'] === true },
      ] as const,
  );
  return {
    serviceCertificate: textOf(service?.['cert']) ?? '',
    serviceStatus: textOf(service?.['status']) ?? '',
    constitution: textOf(readRow(reader, governanceTables.constitution)) ?? '',
    nodes: new Map(nodes),
    leases: new Map(
      [...textRows(reader, governanceTables.nodeLeases)].map(([id, bytes]) => [
        id,
        { bytes, state: parseLease(parseJson(bytes))?.state },
      ]),
    ),
    ledgerSecret: reader.get(governanceTables.ledgerSecrets, rowKey(undefined)),
    platforms: platformsOf(reader),
  };
}

/** Why what was applied cannot stay, in words for people; undefined when it can. */
export function guardRefusal(scope: Scope, before: Before, proposal: OpenProposal): string | undefined {
  const { transaction } = scope;
  return (
    serviceRefusal(transaction, before) ??
    actorsRefusal(transaction) ??
    policiesRefusal(transaction) ??
    nodesRefusal(transaction, before) ??
    leasesRefusal(transaction, before) ??
    secretRefusal(transaction, before) ??
    evidenceRefusal(transaction, before) ??
    constitutionRefusal(scope, before, proposal)
  );
}

const serviceStatuses: ReadonlySet<string> = new Set([
  'Opening',
  'Open',
  'WaitingForRecoveryShares',
  'Recovering',
]);

function serviceRefusal(reader: Reader, before: Before): string | undefined {
  const info = readObject(reader, governanceTables.serviceInfo);
  if (textOf(info?.['cert']) !== before.serviceCertificate)
    return 'the identity of the service cannot be changed';
  const status = textOf(info?.['status']) ?? '';
  if (!serviceStatuses.has(status)) return 'the service must have a known status';
  if (before.serviceStatus === 'Open' && status !== 'Open') return 'a service that is open stays open';
  const config = readObject(reader, governanceTables.serviceConfig);
  if (config === undefined) return 'the service must have a configuration';
  for (const name of ['recent_cose_proposals_window_size', 'maximum_node_certificate_validity_days']) {
    const value = config[name];
    if (value !== undefined && (countOf(value) ?? 0) < 1) return `${name} must be a number of at least 1`;
  }
  return undefined;
}

function actorsRefusal(reader: Reader): string | undefined {
  const seen = new Set<string>();
  const kinds = [
    ['member', governanceTables.memberInfo, governanceTables.memberCertificates],
    ['participant', governanceTables.participantInfo, governanceTables.participantCertificates],
  ] as const;
  for (const [kind, infos, certificates] of kinds) {
    for (const [id, bytes] of textRows(reader, infos)) {
      if (!isCertificateOf(id, readText(reader, certificates, id))) {
        return `the ${kind} ${id} has no certificate that makes its id`;
      }
      if (seen.has(id)) return `${id} would be both a member and a participant`;
      seen.add(id);
      const status = textOf((parseJson(bytes) as { readonly status?: unknown } | null | undefined)?.status);
      if (status !== 'Active' && (kind === 'participant' || status !== 'Accepted')) {
        return `the ${kind} ${id} has no known status`;
      }
    }
  }
  return activeMembers(reader) === 0 ? 'no active member would be left' : undefined;
}

function isCertificateOf(id: string, pem: string | undefined): boolean {
  try {
    return pem !== undefined && parseCertificate(pem).fingerprint === id;
  } catch {
    return false;
  }
}

function activeMembers(reader: Reader): number {
  return [...objectRows(reader, governanceTables.memberInfo)].filter(([, row]) => row['status'] === 'Active')
    .length;
}

function policiesRefusal(reader: Reader): string | undefined {
  const active = activeMembers(reader);
  for (const [name, bytes] of textRows(reader, governanceTables.votingPolicies)) {
    const policy = parseVotingPolicy(parseJson(bytes));
    if (policy === undefined) return `the voting policy "${name}" is not one`;
    const { inFavour, voted } = votesNeeded(policy, active);
    const asked = Math.max(inFavour, voted);
    if (asked > active) {
      return `the voting policy "${name}" would ask for ${asked} votes of ${active} active members: nothing could pass`;
    }
  }
  return undefined;
}

/** Where a node may go by a vote. It becomes Trusted by what it proves, when it joins or renews its lease. */
const nextStatuses: Readonly<Record<string, readonly string[]>> = {
  '': ['Pending'],
  Pending: ['Pending', 'Retired'],
  Trusted: ['Trusted', 'Retired'],
  Retired: ['Retired'],
};

function nodesRefusal(reader: Reader, before: Before): string | undefined {
  let trusted = 0;
  const present = new Set<string>();
  for (const [id, bytes] of textRows(reader, governanceTables.nodeInfo)) {
    present.add(id);
    const read = readNode(reader, id, parseJson(bytes));
    if ('malformed' in read) return `the row of node ${id} is not well-formed: ${read.malformed}`;
    const { status, retiredCommitted, certificatePem } = read.node;
    const old = before.nodes.get(id);
    if (old === undefined && isFormerNode(reader, id)) {
      return `node ${id} took part before: it can only come back with a new key`;
    }
    if (!nextStatuses[old?.status ?? '']?.includes(status)) {
      return `node ${id} cannot become ${status} when it is ${old?.status ?? 'new'}`;
    }
    if (retiredCommitted !== (old?.retiredCommitted ?? false)) {
      return 'only the nodes themselves can say that a retirement is committed';
    }
    if (status !== 'Trusted') continue;
    if (certificatePem === undefined) return `node ${id} has no certificate and cannot be trusted yet`;
    trusted += 1;
  }
  for (const [id, { status }] of before.nodes) {
    if (present.has(id) || status === 'Pending') continue;
    return status === 'Retired'
      ? 'only the nodes themselves can forget a node'
      : `node ${id} takes part and must be retired first`;
  }
  return trusted === 0 ? 'no trusted node would be left' : undefined;
}

/** Votes may take trust away, and the removal of trust back: a lease is granted to evidence alone. */
function leasesRefusal(reader: Reader, before: Before): string | undefined {
  for (const [id, bytes] of textRows(reader, governanceTables.nodeLeases)) {
    const old = before.leases.get(id);
    if (old !== undefined && equalBytes(old.bytes, bytes)) continue;
    const state = parseLease(parseJson(bytes))?.state;
    if (state !== 'lapsed' && state !== 'distrusted')
      return `a lease cannot be granted to node ${id} by a vote`;
    const wasOut = old?.state === 'lapsed' || old?.state === 'distrusted';
    if (before.nodes.get(id)?.status !== 'Trusted' && !wasOut) {
      return `node ${id} was not taking part: it cannot be quarantined`;
    }
  }
  return undefined;
}

/** A secret that members could choose would be none, and so would a key. */
function secretRefusal(transaction: Transaction, { ledgerSecret }: Before): string | undefined {
  const row = transaction.get(governanceTables.ledgerSecrets, rowKey(undefined));
  const none = new Uint8Array(0);
  if (!equalBytes(row ?? none, ledgerSecret ?? none)) {
    return 'only the nodes themselves can change the secret of the ledger';
  }
  return transaction.writeSet().some(({ table }) => networkKeyTables.has(table))
    ? 'only the nodes themselves can change the shared network key, and what is sealed to it'
    : undefined;
}

/** A network that would accept none of those who are in it is a network without nodes. */
function evidenceRefusal(reader: Reader, before: Before): string | undefined {
  if (before.platforms > 0 && platformsOf(reader) === 0) {
    return 'no platform would be approved: no node could take part any more';
  }
  const distrusted = distrustedNodes(reader);
  const [first] = distrusted;
  if (first === undefined || distrusted.length < trustedNodes(reader).length) return undefined;
  return `no node would be left that is trusted and proves what is asked for; of node ${first.nodeId}: ${first.reason.sentence}`;
}

function platformsOf(reader: Reader): number {
  return Object.keys(readManifests(reader).tee).length;
}

const nothing = '{"actions":[]}';

/** A new constitution must at least be able to say something to a proposal that asks for nothing. */
function constitutionRefusal(scope: Scope, before: Before, proposal: OpenProposal): string | undefined {
  const { transaction, scripts } = scope;
  const constitution = textOf(readRow(transaction, governanceTables.constitution));
  if (constitution === undefined) return 'no constitution would be left';
  if (constitution === before.constitution) return undefined;
  const { id: proposalId } = proposal;
  const { proposerId } = proposal.info;
  const input = () => ({ constitution, proposal: nothing, limits: idleLimits(scope) });
  const savepoint = transaction.savepoint();
  const runs = [
    ['validate', () => scripts.validate(transaction, input())],
    ['resolve', () => scripts.resolve(transaction, { ...input(), proposalId, proposerId, votes: [] })],
    ['apply', () => scripts.apply(transaction, { ...input(), proposalId })],
  ] as const;
  for (const [name, run] of runs) {
    const result = run();
    spend(scope, result);
    transaction.rollbackTo(savepoint);
    if (result.outcome === 'failed')
      return `${name}() of the new constitution does not work: ${result.reason}`;
  }
  return undefined;
}
