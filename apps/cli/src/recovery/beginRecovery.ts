/**
 * The beginning of a recovery: the best of the ledgers that are left, the node that is to be the first one, and the signed request.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readCertificateChain } from '@coco/client';
import { recoveryRequestPayload } from '@coco/governance';
import {
  furthest,
  type LostLedger,
  loadConfig,
  makeRecoveryKey,
  openVirtualSealer,
  readLostLedger,
} from '@coco/host';
import { CocoError, formatTxId } from '@coco/primitives';
import { needed, type OptionValues, text } from '../command.js';
import { makeTuple } from '../commands/nodeTuple.js';
import { openSignerFor } from '../governance/access.js';
import { readText } from '../ledger/textFile.js';
import { ensureConfig } from '../node/nodeFiles.js';
import {
  openLost,
  openRecovery,
  type Recovery,
  type RecoveryPaths,
  type RecoveryState,
  recoveryPaths,
  trustedService,
  writeState,
} from './recoveryFiles.js';
import { signRecovery, writeSigned } from './signedFile.js';

export interface BeginPlan {
  readonly ledgers: readonly string[];
  readonly snapshots?: string;
  readonly trustedPem?: string;
  readonly directory: string;
  readonly isDrill: boolean;
  /** As of `coco node tuple`: where the node listens, and who signs for it. */
  readonly options: OptionValues;
  readonly onProgress: (text: string) => void;
}

export interface Begun {
  readonly recovery: Recovery;
  readonly unsigned: number;
  /** Ledgers that are not sound, and why. */
  readonly unsound: readonly { readonly ledger: string; readonly reason: string }[];
}

/** COCO_CLI_EXISTS, COCO_CLI_LEDGER*, COCO_RECOVERY_*. When it fails, nothing is left. */
export async function beginRecovery(plan: BeginPlan): Promise<Begun> {
  const directory = path.resolve(plan.directory);
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    const sentence = `${directory} is not empty; coco recover add and open go on with a recovery that was begun`;
    throw new CocoError('COCO_CLI_EXISTS', sentence, { path: directory });
  }
  const { chosen, unsound } = choose(plan);
  const { lost, state } = chosen;
  const paths = recoveryPaths(directory);
  mkdirSync(paths.node, { recursive: true, mode: 0o700 });
  try {
    await writeRequest(paths, plan, lost);
    writeState(paths, state);
    return { recovery: await openRecovery(directory), unsigned: lost.unsigned, unsound };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

interface Candidate {
  readonly state: RecoveryState;
  readonly lost: LostLedger;
}

function choose(plan: BeginPlan): { readonly chosen: Candidate; readonly unsound: Begun['unsound'] } {
  const unsound: { ledger: string; reason: string }[] = [];
  const candidates: Candidate[] = [];
  let refusal: CocoError | undefined;
  for (const given of plan.ledgers) {
    const ledger = path.resolve(given);
    try {
      candidates.push(candidateOf(plan, ledger));
    } catch (error) {
      if (!(error instanceof CocoError) || error.code !== 'COCO_RECOVERY_LEDGER') throw error;
      unsound.push({ ledger, reason: error.message });
      refusal = error;
    }
  }
  const chosen = furthest(candidates);
  if (chosen === undefined) throw refusal ?? new CocoError('COCO_RECOVERY_LEDGER', 'no ledger was given');
  return { chosen, unsound };
}

function candidateOf({ snapshots, trustedPem, isDrill, onProgress }: BeginPlan, ledger: string): Candidate {
  const state = {
    ledger,
    isDrill,
    ...(snapshots !== undefined && { snapshots: path.resolve(snapshots) }),
    ...(trustedPem !== undefined && { trustedPem }),
  };
  const directory = openLost(state);
  try {
    const lost = readLostLedger(directory.files, {
      ...trustedService({ ...state, last: '' }),
      onProgress: (file, seqno) => onProgress(`auditing ${file}, entry ${seqno}`),
    });
    return { state: { ...state, last: formatTxId(lost.last) }, lost };
  } finally {
    directory.close();
  }
}

async function writeRequest(
  paths: RecoveryPaths,
  { options, isDrill }: BeginPlan,
  lost: LostLedger,
): Promise<void> {
  const node = { ...options, config: paths.config };
  const { identity, made } = await makeTuple(ensureConfig(node), node);
  if (!('tuple' in made))
    throw new CocoError('COCO_CLI_TUPLE', 'the tuple of the new node must be signed at once');
  writeFileSync(paths.tuple, `${JSON.stringify(made.tuple, null, 2)}\n`);
  const config = loadConfig(paths.config);
  const sealer = await openVirtualSealer(config.virtualKeyPath);
  const recipient = makeRecoveryKey(config.directories.sealed, sealer).publicKey;
  const plan = { last: formatTxId(lost.last), nodeId: identity.nodeId, recipient, isDrill };
  const payload = recoveryRequestPayload(lost.tables, plan);
  const certificates = readCertificateChain(readText(needed(options, 'actor-cert', 'COCO_CERT')));
  const key = text(options, 'actor-key');
  const signer = await openSignerFor(certificates, { ...options, key });
  const actorId = String(made.tuple['actor']);
  writeSigned(
    paths.request,
    'recovery_request',
    await signRecovery('recovery_request', actorId, payload, signer),
  );
}
