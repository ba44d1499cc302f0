/**
 * What a new network is to be like, read from texts: those of the command line, or the answers to the wizard's questions.
 */
import { existsSync } from 'node:fs';
import { parseCertificate } from '@coco/crypto';
import type { VotingPolicy } from '@coco/governance';
import { UsageError } from '../command.js';
import { parsePolicyText } from '../governance/votingPolicyText.js';
import { readText } from '../ledger/textFile.js';
import type { PlannedActor, PlannedNode } from './networkFiles.js';
import { parseNodeAddresses } from './nodeAddresses.js';

/** NAME=FILE: an organisation and its certificate. A UsageError, COCO_CLI_FILE or COCO_CRYPTO_CERTIFICATE. */
export function actorOf(text: string, option: string): PlannedActor {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(0, at)).trim();
  const fault = nameFault(name);
  if (at < 0 || fault !== undefined) {
    throw new UsageError(
      `${option} takes NAME=CERTIFICATE.pem, not "${text}"${fault === undefined ? '' : ` (${fault})`}`,
    );
  }
  return { name, certificate: parseCertificate(readText(text.slice(at + 1))) };
}

/** What is wrong with the name of an organisation, in one sentence. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'a name is needed';
  if (name.length > 64) return 'a name has at most 64 characters';
  return /^[\p{L}\p{N}][\p{L}\p{N}\p{Zs}._&'()+-]*$/u.test(name)
    ? undefined
    : 'a name begins with a letter or digit, and has no control characters, "=" or quotes';
}

/** What is wrong with `file` as a certificate, in one sentence. */
export function certificateFault(file: string): string | undefined {
  if (file === '') return 'the name of a file is needed';
  if (!existsSync(file)) return `there is no file ${file}`;
  try {
    parseCertificate(readText(file));
    return undefined;
  } catch {
    return `${file} is not one certificate in PEM with an elliptic-curve key`;
  }
}

/** ACTOR=HOST:PORT[,PORT,PORT]: a first node, and who runs it. A UsageError otherwise. */
export function nodeOf(text: string, actors: readonly PlannedActor[]): PlannedNode {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(0, at));
  const actor = actors.find((one) => one.name === name);
  if (at < 0) throw new UsageError(`--node takes ACTOR=HOST:PORT, not "${text}"`);
  if (actor === undefined) {
    const names = actors.map((one) => one.name).join(', ');
    throw new UsageError(`--node: there is no member or participant named "${name}" (there are: ${names})`);
  }
  return { addresses: parseNodeAddresses(text.slice(at + 1)), actorId: actor.certificate.fingerprint };
}

/** POLICY for everything, or ACTION=POLICY for one kind of action. A UsageError otherwise. */
export function votingPoliciesOf(texts: readonly string[]): Readonly<Record<string, VotingPolicy>> {
  const policies: Record<string, VotingPolicy> = { default: { kind: 'majority' } };
  for (const text of texts) {
    const [, action = 'default', policy = text] = /^([a-z_]+)=(.+)$/.exec(text) ?? [];
    policies[action] = parsePolicyText(policy);
  }
  return policies;
}

/** What makes the plan one that cannot be: an organisation or an address named twice. */
export function planFault(
  actors: readonly PlannedActor[],
  nodes: readonly PlannedNode[],
): string | undefined {
  const twice = (texts: readonly string[]): string | undefined =>
    texts.find((text, index) => texts.indexOf(text) !== index);
  const name = twice(actors.map((actor) => actor.name));
  if (name !== undefined) return `two organisations are named "${name}"`;
  const id = twice(actors.map(({ certificate }) => certificate.fingerprint));
  if (id !== undefined) {
    const both = actors
      .filter(({ certificate }) => certificate.fingerprint === id)
      .map((actor) => actor.name);
    return `${both.join(' and ')} have the same certificate`;
  }
  const address = twice(
    nodes.flatMap(({ addresses }) => [addresses.application, addresses.administrative, addresses.peer]),
  );
  return address === undefined ? undefined : `the address ${address} is given twice`;
}
