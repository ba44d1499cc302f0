/**
 * Proposals in short: what stands behind `coco proposal create`, made into the actions of a constitution.
 */
import { parseCertificate } from '@coco/crypto';
import { votingPolicyRow } from '@coco/governance';
import { type OptionSpec, type OptionValues, text, UsageError, whole } from '../command.js';
import { constitutionOf } from '../genesis/constitutionScripts.js';
import { readText } from '../ledger/textFile.js';
import { parseDuration } from './duration.js';
import { findNamed, type Named } from './naming.js';
import { countMembers, parsePolicyText } from './votingPolicyText.js';

/** One thing to be done, as a constitution understands it. */
export interface Action {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Where names are looked up; each is read only when an action needs it. */
export interface Directory {
  members(): Promise<readonly Named[]>;
  participants(): Promise<readonly Named[]>;
  nodes(): Promise<readonly Named[]>;
}

/** A kind of proposal that has a short form. */
export interface ShortForm {
  readonly operands: string;
  /** How many operands there must be; the last may be repeated when `more`. */
  readonly count: number;
  readonly more?: true;
  readonly what: string;
  action(operands: readonly string[], options: OptionValues, directory: Directory): Promise<Action>;
}

/** Options that belong to some of the short forms. */
export const shortFormOptions = {
  name: { type: 'string', value: 'NAME', help: 'what the new member or participant is called' },
  quorum: { type: 'string', value: 'N', help: 'set-voting-policy: so many members must have voted' },
  expires: { type: 'string', value: 'TIME', help: 'set-voting-policy: proposals end after, for example, 7d' },
  component: { type: 'string', value: 'NAME', help: 'add-code: what the code is, for example coco-node' },
  description: { type: 'string', value: 'TEXT', help: 'add-code, add-tee: for people' },
  reason: { type: 'string', value: 'TEXT', help: 'distrust-node: for people' },
  'max-per-member': {
    type: 'string',
    value: 'N',
    help: 'set-automation: nodes that each member may add without a ballot',
  },
  'any-code': { type: 'boolean', help: 'set-automation: also nodes whose code is not approved' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

const certificateIn = (file: string): string => parseCertificate(readText(file)).pem;

function named(options: OptionValues, form: string): string {
  const name = text(options, 'name');
  if (name === undefined || name === '') throw new UsageError(`${form} needs --name`);
  return name;
}

async function actorNamed(given: string, directory: Directory): Promise<string> {
  const actors = [...(await directory.members()), ...(await directory.participants())];
  return findNamed(given, actors, 'actor').id;
}

const first = (operands: readonly string[]): string => operands[0] ?? '';

/** The short forms, by the word that names them. */
export const shortForms: Readonly<Record<string, ShortForm>> = {
  'add-member': {
    operands: 'CERT.pem --name NAME',
    count: 1,
    what: 'admit a member, by its certificate',
    action: async (operands, options) => ({
      name: 'set_member',
      args: { cert: certificateIn(first(operands)), member_data: { name: named(options, 'add-member') } },
    }),
  },
  'remove-member': {
    operands: 'MEMBER',
    count: 1,
    what: 'remove a member, by name or id',
    action: async (operands, _options, directory) => {
      const { id } = findNamed(first(operands), await directory.members(), 'member');
      return { name: 'remove_member', args: { member_id: id } };
    },
  },
  'add-participant': {
    operands: 'CERT.pem --name NAME',
    count: 1,
    what: 'admit a participant, by its certificate',
    action: async (operands, options) => ({
      name: 'set_participant',
      args: { cert: certificateIn(first(operands)), name: named(options, 'add-participant') },
    }),
  },
  'remove-participant': {
    operands: 'PARTICIPANT',
    count: 1,
    what: 'remove a participant, by name or id',
    action: async (operands, _options, directory) => {
      const { id } = findNamed(first(operands), await directory.participants(), 'participant');
      return { name: 'remove_participant', args: { participant_id: id } };
    },
  },
  'set-share-key': {
    operands: 'ACTOR SHARE-KEY',
    count: 2,
    what: 'seal an actor’s shares of the network’s key to a key (hex) that it keeps off its nodes, too',
    action: async ([actor = '', share_key = ''], _options, directory) => {
      if (!/^[0-9a-f]{64}$/.test(share_key)) {
        throw new UsageError('a share key is 64 lower-case hexadecimal digits: an X25519 public key');
      }
      return { name: 'set_share_key', args: { actor_id: await actorNamed(actor, directory), share_key } };
    },
  },
  'remove-share-key': {
    operands: 'ACTOR',
    count: 1,
    what: 'seal them to that key no more',
    action: async (operands, _options, directory) => ({
      name: 'set_share_key',
      args: { actor_id: await actorNamed(first(operands), directory), share_key: null },
    }),
  },
  'add-node': {
    operands: 'TUPLE.json',
    count: 1,
    what: 'admit a node, by its tuple (coco node tuple)',
    action: async (operands) => ({ name: 'add_node', args: tupleIn(first(operands)) }),
  },
  'remove-node': {
    operands: 'NODE',
    count: 1,
    what: 'remove a node, by its id',
    action: async (operands, _options, directory) => {
      const { id } = findNamed(first(operands), await directory.nodes(), 'node');
      return { name: 'remove_node', args: { node_id: id } };
    },
  },
  'distrust-node': {
    operands: 'NODE --reason TEXT',
    count: 1,
    what: 'quarantine a node, by its id, until it is trusted again',
    action: async (operands, options, directory) => {
      const { id } = findNamed(first(operands), await directory.nodes(), 'node');
      const reason = text(options, 'reason');
      if (reason === undefined || reason === '') throw new UsageError('distrust-node needs --reason');
      return { name: 'distrust_node', args: { node_id: id, reason } };
    },
  },
  'trust-node': {
    operands: 'NODE',
    count: 1,
    what: 'let it come back when it proves what it runs',
    action: async (operands, _options, directory) => {
      const { id } = findNamed(first(operands), await directory.nodes(), 'node');
      return { name: 'trust_node', args: { node_id: id } };
    },
  },
  'close-alarm': {
    operands: 'ALARM',
    count: 1,
    what: 'take an alarm off the list, by its id (coco alarm list)',
    action: async (operands) => ({ name: 'close_alarm', args: { alarm: first(operands) } }),
  },
  'set-voting-policy': {
    operands: 'ACTION POLICY',
    count: 2,
    what: 'how one kind of action is decided, or "default"',
    action: async ([action = '', policy = ''], options) => ({
      name: 'set_voting_policy',
      args: { action, policy: votingPolicyRow({ ...parsePolicyText(policy), ...policyTerms(options) }) },
    }),
  },
  'remove-voting-policy': {
    operands: 'ACTION',
    count: 1,
    what: 'decide that kind of action as everything else',
    action: async (operands) => ({ name: 'remove_voting_policy', args: { action: first(operands) } }),
  },
  'set-constitution': {
    operands: 'FILE…',
    count: 1,
    more: true,
    what: 'replace the constitution’s scripts by these files together',
    action: async (operands) => ({
      name: 'set_constitution',
      args: { constitution: constitutionOf(operands) },
    }),
  },
  'add-code': {
    operands: 'CODE-ID',
    count: 1,
    what: 'approve code, by its code id (hex)',
    action: async (operands, options) => ({
      name: 'add_code',
      args: {
        measurement: first(operands),
        component: text(options, 'component') ?? 'coco-node',
        description: text(options, 'description') ?? '',
      },
    }),
  },
  'remove-code': {
    operands: 'CODE-ID',
    count: 1,
    what: 'no longer let that code run',
    action: async (operands) => ({ name: 'remove_code', args: { measurement: first(operands) } }),
  },
  'add-tee': {
    operands: 'PLATFORM [DEMANDS.json]',
    count: 1,
    more: true,
    what: 'let in nodes on a platform: sev-snp, tdx, sgx, az-snp-vtpm, az-tdx-vtpm or virtual',
    action: async ([platform = '', file, ...rest], options) => {
      if (rest.length > 0) throw new UsageError('add-tee takes one file of demands');
      const description = text(options, 'description');
      const demands = file === undefined ? {} : objectIn(file);
      const said = description !== undefined && { description };
      return { name: 'set_tee', args: { ...demands, ...said, platform } };
    },
  },
  'remove-tee': {
    operands: 'PLATFORM',
    count: 1,
    what: 'let in no more nodes on that platform',
    action: async (operands) => ({ name: 'remove_tee', args: { platform: first(operands) } }),
  },
  'set-setting': {
    operands: 'NAME=VALUE…',
    count: 1,
    more: true,
    what: 'epoch_seconds, secret_hold_seconds, key_threshold, lease_seconds, lease_restart, sample_fraction_ppm, node_certificate_days',
    action: async (operands) => ({ name: 'set_settings', args: Object.fromEntries(operands.map(setting)) }),
  },
  'open-service': {
    operands: 'SERVICE.pem [FORMER.pem]',
    count: 1,
    more: true,
    what: 'open a service that was recovered, by its certificate and that of the one before it',
    action: async ([service = '', former, ...rest]) => {
      if (rest.length > 0) throw new UsageError('open-service takes two certificates');
      return {
        name: 'transition_service_to_open',
        args: {
          next_service_identity: certificateIn(service),
          ...(former !== undefined && { previous_service_identity: certificateIn(former) }),
        },
      };
    },
  },
  'set-automation': {
    operands: 'RULE --max-per-member N',
    count: 1,
    what: 'let members add nodes without a ballot',
    action: async (operands, options) => ({
      name: 'set_automation_rule',
      args: {
        rule: first(operands),
        action: 'add_node',
        max_per_member: whole(options, 'max-per-member', 1, 1000),
        requires_approved_code: options['any-code'] !== true,
      },
    }),
  },
  'remove-automation': {
    operands: 'RULE',
    count: 1,
    what: 'end that rule',
    action: async (operands) => ({ name: 'remove_automation_rule', args: { rule: first(operands) } }),
  },
  'make-snapshot': {
    operands: '',
    count: 0,
    what: 'have the nodes make a snapshot now',
    action: async () => ({ name: 'trigger_snapshot', args: {} }),
  },
  'change-key': {
    operands: '',
    count: 0,
    what: 'change the key of the ledger: only nodes that take part then can read what follows',
    action: async () => ({ name: 'trigger_ledger_rekey', args: {} }),
  },
  action: {
    operands: 'NAME [ARGS.json]',
    count: 1,
    more: true,
    what: 'any action of the constitution, by its name',
    action: async ([name = '', file]) => ({ name, args: file === undefined ? {} : objectIn(file) }),
  },
};

function policyTerms(options: OptionValues): { quorum?: number; expiresAfterSeconds?: number } {
  const quorum = text(options, 'quorum');
  const expires = text(options, 'expires');
  return {
    ...(quorum !== undefined && { quorum: countMembers(quorum, '--quorum') }),
    ...(expires !== undefined && { expiresAfterSeconds: parseDuration(expires, '--expires') }),
  };
}

function setting(given: string): readonly [string, unknown] {
  const match = /^([a-z][a-z0-9_]*)=(.+)$/.exec(given);
  if (match === null)
    throw new UsageError(`a setting is NAME=VALUE, for example lease_seconds=30, not "${given}"`);
  const [, name = '', value = ''] = match;
  if (/^-?\d{1,15}$/.test(value)) return [name, Number(value)];
  return [name, value === 'true' ? true : value === 'false' ? false : value];
}

function tupleIn(file: string): Readonly<Record<string, unknown>> {
  const tuple = objectIn(file);
  if (typeof tuple['node_id'] === 'string' && typeof tuple['cose'] === 'string') return tuple;
  throw new UsageError(`${file} is not the signed tuple of a node; coco node tuple makes one`);
}

/** The JSON object in `file`. A UsageError when there is none. */
export function objectIn(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readText(file, 8 * 1024 * 1024));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(`${file} is not a JSON object`);
}
