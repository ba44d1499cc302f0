/**
 * The end of a recovery, once there are enough answers: all secrets, the whole ledger replayed with them, and the service goes on; or,
 * after a rehearsal, nothing is left.
 */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { combineEpochs, commonNameOf, tooFew } from '@coco/governance';
import {
  checkUnchanged,
  goOn,
  type LostLedger,
  readLostLedger,
  removeRecoveryKey,
  replayCopy,
} from '@coco/host';
import type { LedgerSecret } from '@coco/ledger';
import { CocoError, formatTxId } from '@coco/primitives';
import { createServiceIdentity } from '../genesis/identities.js';
import { objectIn } from '../governance/actionArguments.js';
import type { LedgerDirectory } from '../ledger/ledgerDirectory.js';
import { keptAnswers } from './addAnswers.js';
import { openLost, type Recovery, trustedService } from './recoveryFiles.js';
import type { Opened, progressOf } from './recoveryText.js';

type Progress = ReturnType<typeof progressOf>;

/** COCO_RECOVERY_TOO_FEW, COCO_RECOVERY_*, COCO_LEDGER_*, COCO_HOST_*. It can be begun again after any failure. */
export async function finishRecovery(recovery: Recovery, progress: Progress): Promise<Opened> {
  const { request, state, isOpened, config } = recovery;
  if (isOpened) {
    const sentence = `the service goes on already, in ${config.directories.ledger}: it must not do so twice; start its node`;
    throw new CocoError('COCO_RECOVERY_OPENED', sentence);
  }
  const answers = keptAnswers(recovery);
  const { threshold } = request.key.key;
  if (answers.length < threshold) throw tooFew(answers.length, threshold);
  const secrets = combineEpochs(
    request.epochs,
    answers,
    progress.step('bringing back the secrets of epochs'),
  );
  const directory = openLost(state);
  try {
    const lost = readLostLedger(directory.files, {
      ...trustedService(state),
      onProgress: (file, seqno) => progress.said(`auditing ${file}, entry ${seqno}`),
    });
    checkUnchanged(lost, recovery.last);
    const part = { recovery, directory, lost, secrets, progress };
    return await (state.isDrill ? rehearse(part) : open(part));
  } finally {
    directory.close();
    for (const { key } of secrets) key.fill(0);
  }
}

interface Part {
  readonly recovery: Recovery;
  readonly directory: LedgerDirectory;
  readonly lost: LostLedger;
  readonly secrets: readonly LedgerSecret[];
  readonly progress: Progress;
}

const replaying = 'replaying the ledger';

async function open({ recovery, directory, lost, secrets, progress }: Part): Promise<Opened> {
  const { config, sealer, paths } = recovery;
  const nowMs = Date.now();
  // It keeps its name.
  const service = createServiceIdentity(commonNameOf(lost.service), nowMs);
  // Before the service goes on, so that it is there whenever that does.
  writeFileSync(paths.service, service.certificate.pem);
  writeFileSync(paths.formerService, lost.service.pem);
  const { found, at } = await goOn({
    files: directory.files,
    lost,
    secrets,
    config,
    sealer,
    tuple: objectIn(paths.tuple),
    service,
    nowMs,
    onProgress: progress.step(replaying),
  });
  removeRecoveryKey(config.directories.sealed);
  return { found, at: formatTxId(at) };
}

async function rehearse({ recovery, directory, lost, secrets, progress }: Part): Promise<Opened> {
  const copies = path.join(recovery.directory, 'copy');
  const { store, found } = await replayCopy({
    files: directory.files,
    lost,
    secrets,
    directory: path.join(copies, 'ledger'),
    snapshots: path.join(copies, 'snapshots'),
    onProgress: progress.step(replaying),
  });
  await store.close();
  rmSync(recovery.directory, { recursive: true, force: true });
  return { found };
}
