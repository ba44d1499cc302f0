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
const rowsMax = 1000;

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
    ...rows(fields, 'settings', settingOf),
    // What rows mean, the genesis says when it is made.
    ...rows(fields, 'teeManifest', objectAt),
    ...rows(fields, 'codeManifest', codeOf),
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

/** Rows by key, where there are any. */
function rows<Name extends string, Row>(
  parent: Fields,
  name: Name,
  read: (fields: Fields, key: string) => Row,
): { readonly [Key in Name]?: Readonly<Record<string, Row>> } {
  if (!parent.has(name)) return {};
  const fields = parent.inner(name);
  const keys = fields.keys();
  if (keys.length > rowsMax) throw parent.refused(name, `must have at most ${rowsMax} rows`);
  const found = Object.fromEntries(keys.map((key) => [key, read(fields, key)]));
  return { [name]: found } as { readonly [Key in Name]?: Readonly<Record<string, Row>> };
}

function settingOf(fields: Fields, key: string): number | string | boolean {
  const value = fields.raw(key);
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  throw fields.refused(key, 'must be a number, a text, true or false');
}

function objectAt(fields: Fields, key: string): Readonly<Record<string, unknown>> {
  const value = fields.raw(key);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw fields.refused(key, 'must be an object');
}

function codeOf(fields: Fields, key: string): { readonly component: string; readonly description: string } {
  const inner = fields.inner(key);
  const row = { component: inner.text('component'), description: inner.text('description') };
  inner.end();
  return row;
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
