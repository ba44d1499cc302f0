/**
 * Scripts over a governance store, for tests of what scripts can do and of the constitutions that come with the product.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { publicKeyToPem } from '@coco/crypto';
import type { Transaction, WriteSet } from '@coco/kv';
import { fromUtf8, toBase64 } from '@coco/primitives';
import { defaultScriptLimits, loadSandbox, type ScriptLimits, type ScriptValue } from '@coco/sandbox';
import { type Identity, makeIdentity } from '../testing/identities.js';
import { signed, type World } from '../testing/world.js';
import { type NodeTuple, nodeTupleMessageType, nodeTuplePayload, nodeTupleRow } from '../tuple.js';
import { defaultConstitution } from './defaultConstitution.js';
import { createScriptRunner } from './scriptRunner.js';
import type { ScriptRunOutcome, ScriptServices, ScriptSituation } from './types.js';

export const sandbox = await loadSandbox();
export const limits: ScriptLimits = defaultScriptLimits;

const folder = new URL('../../constitution/', import.meta.url);

/** The source of the default constitution. */
export const constitution = defaultConstitution((file) =>
  readFileSync(fileURLToPath(new URL(file, folder)), 'utf8'),
);

/** Runs the body of a function as a script in `situation`. */
export function runBody(
  transaction: Transaction,
  situation: ScriptSituation,
  body: string,
  services: ScriptServices = {},
  some: ScriptLimits = limits,
): ScriptRunOutcome {
  const runner = createScriptRunner({ sandbox, services });
  const input = { transaction, limits: some, proposal: '{"actions":[]}', proposalId: 'p', proposerId: 'm' };
  const source = (name: string, parameters: string): string =>
    `export function ${name}(${parameters}) {\n${body}\n}`;
  if (situation === 'ballot')
    return runner.runBallot({ ...input, ballot: source('vote', 'proposal, proposerId') });
  if (situation === 'validate')
    return runner.validate({ ...input, constitution: source('validate', 'input') });
  if (situation === 'apply') {
    return runner.apply({ ...input, constitution: source('apply', 'proposal, proposalId') });
  }
  const parameters = 'proposal, proposerId, votes, proposalId';
  return runner.resolve({ ...input, votes: [], constitution: source('resolve', parameters) });
}

/** What a script returned; throws when it did not. */
export function valueOfRun(outcome: ScriptRunOutcome): ScriptValue {
  if (outcome.outcome === 'returned') return outcome.value;
  throw new Error(`${outcome.reason} ${outcome.trace ?? ''}`);
}

/** Why a script failed; what it returned when it did not. */
export function reasonOf(outcome: ScriptRunOutcome): string {
  return outcome.outcome === 'failed' ? outcome.reason : `returned ${JSON.stringify(outcome.value)}`;
}

/** Rows that a transaction writes: "table key" and the value in JSON or as text; null when it is removed. */
export function rowsOf(writes: WriteSet): Record<string, unknown> {
  const rows: [string, unknown][] = [];
  for (const { table, puts, removes } of writes) {
    const name = (key: Uint8Array): string =>
      `${table.replace('public:', '')} ${key.every((byte) => byte === 0) ? '' : fromUtf8(key)}`.trimEnd();
    for (const { key, value } of puts) rows.push([name(key), parsed(fromUtf8(value) ?? '')]);
    for (const key of removes) rows.push([name(key), null]);
  }
  return Object.fromEntries(rows);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The argument of `add_node` for a new node of `actor`. */
export function signedTuple(of: World, actor: Identity, node = makeIdentity()): Record<string, string> {
  const tuple: NodeTuple = {
    actor: actor.id,
    nodeId: node.key.publicKey.fingerprint,
    publicKeyPem: publicKeyToPem(node.key.publicKey),
    peerAddress: 'b:1',
    applicationAddress: 'b:2',
    administrativeAddress: 'b:3',
  };
  const cose = signed(of, actor, nodeTupleMessageType, nodeTuplePayload(tuple));
  return nodeTupleRow(tuple, toBase64(cose)) as Record<string, string>;
}
