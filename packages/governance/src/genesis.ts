/**
 * The first entry's governance tables: the genesis constitution (GOV-1, GOV-2), in CCF's built-in maps where they exist
 * and in `public:coco.*` where Coco adds something. Members are Active at once: they agreed to it beforehand.
 */
import { parseCertificate, publicKeyToPem } from '@coco/crypto';
import type { Put, TableChanges } from '@coco/kv';
import { CocoError, compareBytes, formatTxId, utf8, type View } from '@coco/primitives';
import { leaseSecondsDefault } from './leases.js';
import { parseCodeRow } from './manifests.js';
import { epochSecondsDefault } from './networkKey/secretsPolicy.js';
import { genesisNodeRow } from './nodeRow.js';
import { jsonPut } from './rows.js';
import { sampleFractionDefault } from './sampling.js';
import { serviceConfigDefaults } from './serviceConfig.js';
import { governanceTables as tables } from './tables.js';
import { parseTeeRow } from './teeRow.js';
import type { GenesisActor, GenesisConstitution, GenesisNode } from './types.js';
import { parseVotingPolicy, votesNeeded, votingPolicyRow } from './votingPolicy.js';

const settingsDefault = {
  epoch_seconds: epochSecondsDefault,
  lease_seconds: leaseSecondsDefault,
  sample_fraction_ppm: sampleFractionDefault,
};

/** For tests and the simplest networks: nothing is proved, and nobody says otherwise. */
const teeDefault = { virtual: { code: 'any' } };

/** The view in which a network elects its first primary, unless its nodes do not agree at once. */
const firstView: View = 2;

/**
 * The governance tables of the genesis entry, ascending by name; the same genesis in the same view gives the same bytes.
 * `view` is that of the primary that writes them; who only looks at what a genesis says can leave it out. Throws
 * COCO_CRYPTO_CERTIFICATE for a bad certificate and COCO_GOVERNANCE_GENESIS for a genesis that could not be governed.
 */
export function genesisTables(genesis: GenesisConstitution, view = firstView): readonly TableChanges[] {
  const members = genesis.members.map(identified);
  const participants = genesis.participants.map(identified);
  checkGenesis(genesis, members, participants);
  const rows: Record<string, readonly Put[]> = {
    [tables.constitution]: [jsonPut(undefined, genesis.constitution)],
    [tables.serviceConfig]: [jsonPut(undefined, serviceConfig(members.length))],
    [tables.serviceInfo]: [jsonPut(undefined, serviceInfo(genesis, view))],
    [tables.settings]: [jsonPut(undefined, { ...settingsDefault, ...genesis.settings })],
    [tables.votingPolicies]: Object.entries(genesis.votingPolicies).map(([name, policy]) =>
      jsonPut(name, votingPolicyRow(policy)),
    ),
    [tables.teeManifest]: rowsOf(genesis.teeManifest ?? teeDefault),
    [tables.codeManifest]: rowsOf(genesis.codeManifest ?? {}),
    ...memberRows(members),
    [tables.participantCertificates]: participants.map(({ id, pem }) => textPut(id, pem)),
    [tables.participantInfo]: participants.map(({ id, name }) => jsonPut(id, { name, status: 'Active' })),
    [tables.nodeCertificates]: genesis.nodes.map((node) => textPut(node.nodeId, node.certificatePem)),
    [tables.nodeInfo]: genesis.nodes.map((node) => jsonPut(node.nodeId, genesisNodeRow(node))),
    [tables.nodeTuples]: genesis.nodes.flatMap((node) =>
      node.actorId === undefined ? [] : [jsonPut(node.nodeId, genesisTuple(node, node.actorId))],
    ),
  };
  return Object.entries(rows)
    .filter(([, puts]) => puts.length > 0)
    .map(([table, puts]) => ({
      table,
      puts: puts.toSorted((a, b) => compareBytes(a.key, b.key)),
      removes: [],
    }))
    .toSorted((a, b) => (a.table < b.table ? -1 : 1));
}

interface IdentifiedActor {
  readonly id: string;
  readonly pem: string;
  readonly name: string;
  readonly encryptionKeyPem?: string;
}

function identified(actor: GenesisActor): IdentifiedActor {
  const { fingerprint } = parseCertificate(actor.certificatePem);
  const key = actor.encryptionKeyPem;
  return {
    id: fingerprint,
    pem: actor.certificatePem,
    name: actor.name,
    ...(key !== undefined && { encryptionKeyPem: key }),
  };
}

function memberRows(members: readonly IdentifiedActor[]): Record<string, readonly Put[]> {
  return {
    [tables.memberCertificates]: members.map(({ id, pem }) => textPut(id, pem)),
    [tables.memberInfo]: members.map(({ id, name }) =>
      jsonPut(id, { member_data: { name }, status: 'Active' }),
    ),
    [tables.memberEncryptionKeys]: members.flatMap(({ id, encryptionKeyPem }) =>
      encryptionKeyPem === undefined ? [] : [textPut(id, encryptionKeyPem)],
    ),
  };
}

function serviceConfig(members: number): unknown {
  return {
    consensus: 'CFT',
    maximum_node_certificate_validity_days: serviceConfigDefaults.certificateDays,
    maximum_service_certificate_validity_days: serviceConfigDefaults.certificateDays,
    recent_cose_proposals_window_size: serviceConfigDefaults.recentProposals,
    recovery_threshold: Math.floor(members / 2) + 1,
  };
}

/** As in CCF, with the TxId of the first entry, which is this one. */
function serviceInfo(genesis: GenesisConstitution, view: View): unknown {
  const created = formatTxId({ view, seqno: 1 });
  return { cert: genesis.serviceCertificatePem, current_service_create_txid: created, status: 'Open' };
}

/** Not signed: that the members start the network with this list is what speaks for it. */
function genesisTuple(node: GenesisNode, actor: string): unknown {
  return {
    actor,
    node_id: node.nodeId,
    public_key: publicKeyToPem(parseCertificate(node.certificatePem).publicKey),
    peer_address: node.peerAddress,
    application_address: node.applicationAddress,
    administrative_address: node.administrativeAddress,
  };
}

function rowsOf(rows: Readonly<Record<string, unknown>>): readonly Put[] {
  return Object.entries(rows).map(([key, row]) => jsonPut(key, row));
}

function textPut(key: string, text: string): Put {
  return { key: utf8(key), value: utf8(text) };
}

function checkGenesis(
  genesis: GenesisConstitution,
  members: readonly IdentifiedActor[],
  participants: readonly IdentifiedActor[],
): void {
  if (members.length === 0) throw refused('it names no member');
  const ids = [...members, ...participants].map(({ id }) => id);
  if (new Set(ids).size < ids.length) throw refused('two actors have the same certificate');
  const nodeIds = genesis.nodes.map(({ nodeId }) => nodeId);
  if (new Set(nodeIds).size < nodeIds.length) throw refused('a node occurs twice');
  for (const { actorId } of genesis.nodes) {
    if (actorId !== undefined && !ids.includes(actorId)) throw refused('a node is run by an unknown actor');
  }
  checkManifests(genesis);
  for (const [name, policy] of Object.entries(genesis.votingPolicies)) {
    const read = parseVotingPolicy(votingPolicyRow(policy));
    if (read === undefined) throw refused(`the voting policy "${name}" is not one`);
    const { inFavour, voted } = votesNeeded(read, members.length);
    if (Math.max(inFavour, voted) > members.length) {
      throw refused(`the voting policy "${name}" asks for more votes than there are members`);
    }
  }
}

function checkManifests({ teeManifest = teeDefault, codeManifest = {} }: GenesisConstitution): void {
  if (Object.keys(teeManifest).length === 0)
    throw refused('no platform is approved, so no node can take part');
  for (const [platform, row] of Object.entries(teeManifest)) {
    const read = parseTeeRow(platform, row);
    if ('malformed' in read) throw refused(`what it asks of the platform "${platform}": ${read.malformed}`);
  }
  for (const [id, row] of Object.entries(codeManifest)) {
    if (parseCodeRow(id, row) === undefined)
      throw refused(`the approved code "${id}" has no code id of 64 digits`);
  }
}

function refused(reason: string): CocoError {
  return new CocoError('COCO_GOVERNANCE_GENESIS', `the network cannot begin like this: ${reason}`);
}
