/**
 * The genesis constitution (GOV-2) as `coco network create` writes it: one JSON file, parsed once, strictly.
 */
import { parseCertificate } from '@coco/crypto';
import type { GenesisActor, GenesisNode, VotingPolicy } from '@coco/governance';
import type { Genesis } from '@coco/replica';
import { Fields, readJsonFile } from './fields.js';

const bytesMax = 256 * 1024 * 1024;
const membersMax = 1000;
const participantsMax = 10_000;
const nodesMax = 100;
const policiesMax = 200;

/** The genesis constitution in the file at `file`. COCO_HOST_CONFIG when it is not one. */
export function loadGenesis(file: string): Genesis {
  const fields = new Fields(readJsonFile(file, bytesMax), '');
  const genesis: Genesis = {
    serviceCertificatePem: certificate(fields, 'serviceCertificatePem'),
    constitution: fields.text('constitution'),
    members: fields.list('members', membersMax, actor),
    participants: fields.list('participants', participantsMax, actor),
    nodes: fields.list('nodes', nodesMax, node),
    votingPolicies: votingPolicies(fields),
    adapters: fields.raw('adapters') ?? {},
  };
  fields.end();
  return genesis;
}

function actor(value: unknown, at: string): GenesisActor {
  const fields = new Fields(value, at);
  const encryptionKeyPem = fields.optionalText('encryptionKeyPem');
  const read = {
    certificatePem: certificate(fields, 'certificatePem'),
    name: fields.text('name'),
    ...(encryptionKeyPem !== undefined && { encryptionKeyPem }),
  };
  fields.end();
  return read;
}

function node(value: unknown, at: string): GenesisNode {
  const fields = new Fields(value, at);
  const actorId = fields.optionalHex('actorId', 64);
  const read = {
    nodeId: fields.hex('nodeId', 64),
    certificatePem: certificate(fields, 'certificatePem'),
    peerAddress: fields.text('peerAddress'),
    applicationAddress: fields.text('applicationAddress'),
    administrativeAddress: fields.text('administrativeAddress'),
    ...(actorId !== undefined && { actorId }),
  };
  fields.end();
  if (parseCertificate(read.certificatePem).publicKey.fingerprint !== read.nodeId) {
    throw fields.refused('nodeId', 'is not the id of the key in its certificate');
  }
  return read;
}

function votingPolicies(parent: Fields): Readonly<Record<string, VotingPolicy>> {
  const fields = parent.inner('votingPolicies');
  const names = fields.keys();
  if (names.length > policiesMax) {
    throw parent.refused('votingPolicies', `must have at most ${policiesMax} policies`);
  }
  return Object.fromEntries(names.map((name) => [name, votingPolicy(fields.inner(name))]));
}

function votingPolicy(fields: Fields): VotingPolicy {
  const kinds = ['unanimous', 'majority', 'm_of_n', 'one_of_n'] as const;
  const whole = (key: 'm' | 'quorum' | 'expiresAfterSeconds', max: number): VotingPolicy | object =>
    fields.has(key) ? { [key]: fields.whole(key, { min: 1, max }) } : {};
  const policy: VotingPolicy = {
    kind: fields.choice('kind', kinds),
    ...whole('m', membersMax),
    ...whole('quorum', membersMax),
    ...whole('expiresAfterSeconds', 2 ** 40),
  };
  fields.end();
  if ((policy.kind === 'm_of_n') !== (policy.m !== undefined)) {
    throw fields.refused('m', 'belongs to the kind m_of_n, and to no other');
  }
  return policy;
}

function certificate(fields: Fields, key: string): string {
  const pem = fields.text(key);
  try {
    parseCertificate(pem);
  } catch {
    throw fields.refused(key, 'must be one certificate in PEM');
  }
  return pem;
}
