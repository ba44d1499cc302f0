/**
 * The constitution for people who are not engineers (GOV-8): what a person approves before a node of theirs joins, as plain
 * data that a terminal or a page can lay out.
 */
import { type Assurance, type Manifests, networkAssurance } from '@coco/attestation';
import { parseCertificate, sha256 } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { toHex, utf8 } from '@coco/primitives';
import { readActors } from './actors/readActors.js';
import { constitutionDigest } from './digest.js';
import { readManifests } from './manifests.js';
import { secretsPolicy } from './networkKey/secretsPolicy.js';
import { type JsonObject, objectRows, parseJson, readObject, readRow, textOf, textRows } from './rows.js';
import { readServiceConfig } from './serviceConfig.js';
import { governanceTables as tables } from './tables.js';
import type { ActorView, VotingPolicy } from './types.js';
import { policySentence, readVotingPolicies, votesNeeded } from './votingPolicy.js';

export interface SummaryActor {
  readonly id: string;
  readonly name: string;
  readonly status: 'Accepted' | 'Active';
  /** Of the registered certificate, for example "CN=Alice"; empty when it does not read. */
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly certificateEndsMs: number;
  /** Whether certificates beneath this one speak for the actor (ACT-2). */
  readonly isCa: boolean;
}

export interface SummaryPolicy {
  /** Name of the action, or "default" for all that have no policy of their own. */
  readonly action: string;
  readonly policy: VotingPolicy;
  /** How many members must be in favour, as membership is now. */
  readonly inFavour: number;
  readonly sentence: string;
}

export interface ConstitutionSummary {
  /** See `constitutionDigest`. */
  readonly digest: string;
  readonly members: readonly SummaryActor[];
  readonly participants: readonly SummaryActor[];
  readonly votingPolicies: readonly SummaryPolicy[];
  /** Rows of `public:coco.automation`, by rule. */
  readonly automation: Readonly<Record<string, unknown>>;
  /** Rows of `public:coco.code_manifest`, by code id. */
  readonly codeManifest: Readonly<Record<string, unknown>>;
  /** Rows of `public:coco.tee_manifest`, by platform. */
  readonly teeManifest: Readonly<Record<string, unknown>>;
  /** What both manifests, and CCF's tables beside them, come to: what is accepted as evidence. */
  readonly manifests: Manifests;
  /** How much that is worth. */
  readonly assurance: Assurance;
  /** The row of `public:coco.settings`, and what holds for secrets where it says nothing. */
  readonly settings: JsonObject;
  readonly service: {
    readonly status: string;
    readonly nodeCertificateDays: number;
    readonly recoveryThreshold: number;
    readonly users: number;
  };
  readonly scripts: {
    readonly bytes: number;
    /** Lower-case hex SHA-256 of the constitution's source. */
    readonly sha256: string;
    /** What can be proposed; empty when the scripts do not tell. */
    readonly actions: readonly string[];
  };
}

/** Summarises one version. `actions` are the names that the scripts offer, when they are known. */
export function constitutionSummary(reader: Reader, actions: readonly string[] = []): ConstitutionSummary {
  const { members, participants } = readActors(reader);
  const active = members.filter(({ status }) => status === 'Active').length;
  const source = utf8(textOf(readRow(reader, tables.constitution)) ?? '');
  const config = readServiceConfig(reader);
  const manifests = readManifests(reader);
  return {
    digest: constitutionDigest(reader),
    members: members.map(summaryActor),
    participants: participants.map(summaryActor),
    votingPolicies: Object.entries(readVotingPolicies(reader)).map(([action, policy]) => ({
      action,
      policy,
      inFavour: votesNeeded(policy, active).inFavour,
      sentence: policySentence(policy),
    })),
    automation: Object.fromEntries(objectRows(reader, tables.automation)),
    codeManifest: rowsOf(reader, tables.codeManifest),
    teeManifest: rowsOf(reader, tables.teeManifest),
    manifests,
    assurance: networkAssurance(manifests.tee),
    settings: { ...secretsSettings(reader), ...readObject(reader, tables.settings) },
    service: {
      status: textOf(readObject(reader, tables.serviceInfo)?.['status']) ?? '',
      nodeCertificateDays: config.nodeCertificateDays,
      recoveryThreshold: config.recoveryThreshold,
      users: [...textRows(reader, tables.userCertificates)].length,
    },
    scripts: { bytes: source.length, sha256: toHex(sha256(source)), actions },
  };
}

/** What holds for secrets, whether the row says so or not. */
function secretsSettings(reader: Reader): JsonObject {
  const { epochSeconds, holdSeconds, keyThreshold } = secretsPolicy(reader);
  return { epoch_seconds: epochSeconds, secret_hold_seconds: holdSeconds, key_threshold: keyThreshold ?? 0 };
}

function summaryActor({ id, name, status, certificatePem }: ActorView): SummaryActor {
  try {
    const { subject, notAfterMs, isCa } = parseCertificate(certificatePem);
    return { id, name, status, subject: subject.replaceAll('\n', ', '), certificateEndsMs: notAfterMs, isCa };
  } catch {
    return { id, name, status, subject: '', certificateEndsMs: 0, isCa: false };
  }
}

function rowsOf(reader: Reader, table: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...textRows(reader, table)].map(([key, value]) => [key, parseJson(value) ?? null]),
  );
}
