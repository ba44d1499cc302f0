/**
 * The directory of a recovery, which can be left and taken up again at any time:
 *
 *     recovery.json           what is recovered: written last, a directory with one has been begun
 *     request.json            for the holders of shares
 *     answers/<actor>.json    those that were found good
 *     node0/                  the first node to be: its configuration, its tuple, and its sealed key
 *     service.pem             certificate of the service that goes on, once it does
 *     former-service.pem      and of the one before it
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hpkeOpen, parseCertificate, type ShareKey } from '@coco/crypto';
import {
  openRecoveryAnswer,
  openRecoveryRequest,
  type RecoveryAnswer,
  type RecoveryRequest,
} from '@coco/governance';
import { loadConfig, loadRecoveryKey, type NodeConfig, openVirtualSealer, type Sealer } from '@coco/host';
import { CocoError, parseTxId, type TxId } from '@coco/primitives';
import { type LedgerDirectory, openLedgerDirectory } from '../ledger/ledgerDirectory.js';
import { readText } from '../ledger/textFile.js';
import { readSigned } from './signedFile.js';

/** What `recovery.json` says. */
export interface RecoveryState {
  /** Where the lost ledger is, and its snapshots if not beside it. */
  readonly ledger: string;
  readonly snapshots?: string;
  /** The service that is trusted to have written it; absent: whoever the ledger says. */
  readonly trustedPem?: string;
  /** Its last signed entry. */
  readonly last: string;
  readonly isDrill: boolean;
}

export function recoveryPaths(directory: string) {
  const node = path.join(directory, 'node0');
  return {
    state: path.join(directory, 'recovery.json'),
    request: path.join(directory, 'request.json'),
    answers: path.join(directory, 'answers'),
    node,
    config: path.join(node, 'node.json'),
    tuple: path.join(node, 'tuple.json'),
    service: path.join(directory, 'service.pem'),
    formerService: path.join(directory, 'former-service.pem'),
  } as const;
}

export type RecoveryPaths = ReturnType<typeof recoveryPaths>;

/** A recovery that was begun. */
export interface Recovery {
  readonly directory: string;
  readonly paths: RecoveryPaths;
  readonly state: RecoveryState;
  readonly last: TxId;
  readonly request: RecoveryRequest;
  readonly config: NodeConfig;
  readonly sealer: Sealer;
  /** Whether the service goes on already. */
  readonly isOpened: boolean;
}

/** COCO_CLI_RECOVERY when there is none, COCO_RECOVERY_*, COCO_HOST_*. */
export async function openRecovery(directory: string): Promise<Recovery> {
  const paths = recoveryPaths(path.resolve(directory));
  if (!existsSync(paths.state)) {
    throw noRecovery(directory, `no recovery was begun in ${directory}; coco recover begin does that`);
  }
  const state = parseState(readText(paths.state), directory);
  const last = parseTxId(state.last);
  if (last === undefined) throw noRecovery(directory, `${paths.state} does not say what is recovered`);
  const config = loadConfig(paths.config);
  return {
    directory: path.resolve(directory),
    paths,
    state,
    last,
    request: openRecoveryRequest(readSigned(paths.request, 'recovery_request')),
    config,
    sealer: await openVirtualSealer(config.virtualKeyPath),
    isOpened: existsSync(config.directories.ledger),
  };
}

export function writeState(paths: RecoveryPaths, state: RecoveryState): void {
  writeFileSync(paths.state, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
}

/** The lost ledger. COCO_CLI_LEDGER, COCO_CLI_LEDGER_READ. */
export function openLost({
  ledger,
  snapshots,
}: Pick<RecoveryState, 'ledger' | 'snapshots'>): LedgerDirectory {
  return openLedgerDirectory(ledger, snapshots);
}

export function trustedService({ trustedPem }: RecoveryState): {
  serviceCertificate?: ReturnType<typeof parseCertificate>;
} {
  return trustedPem === undefined ? {} : { serviceCertificate: parseCertificate(trustedPem) };
}

/** The key to which answers are sealed. COCO_HOST_SECRETS. */
export function recoveryKeyOf({ config, sealer }: Recovery): ShareKey {
  return loadRecoveryKey(config.directories.sealed, sealer);
}

/** COCO_RECOVERY_ANSWER. */
export function openAnswer({ request }: Recovery, key: ShareKey, message: Uint8Array): RecoveryAnswer {
  return openRecoveryAnswer(message, request, (sealed, sealing) => hpkeOpen({ key, sealed, ...sealing }));
}

/** Ids of the actors of which a good answer is here. */
export function answeredBy({ answers }: RecoveryPaths): readonly string[] {
  if (!existsSync(answers)) return [];
  return readdirSync(answers)
    .filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
    .map((name) => name.slice(0, 64))
    .toSorted();
}

export function answerFile({ answers }: RecoveryPaths, actorId: string): string {
  mkdirSync(answers, { recursive: true, mode: 0o700 });
  return path.join(answers, `${actorId}.json`);
}

function parseState(text: string, directory: string): RecoveryState {
  try {
    const { ledger, snapshots, trustedPem, last, isDrill } = JSON.parse(text) as Partial<RecoveryState>;
    const isState = typeof ledger === 'string' && typeof last === 'string' && typeof isDrill === 'boolean';
    if (!isState) throw new Error('it lacks fields');
    return {
      ledger,
      last,
      isDrill,
      ...(typeof snapshots === 'string' && { snapshots }),
      ...(typeof trustedPem === 'string' && { trustedPem }),
    };
  } catch {
    throw noRecovery(directory, `recovery.json in ${directory} cannot be read`);
  }
}

function noRecovery(directory: string, sentence: string): CocoError {
  return new CocoError('COCO_CLI_RECOVERY', sentence, { directory });
}
