/**
 * Answers that came back: each is verified before it is kept, and one that lies is named and left aside.
 */
import { type ActorView, badEpochs, type RecoveryAnswer } from '@coco/governance';
import { CocoError } from '@coco/primitives';
import { answeredBy, answerFile, openAnswer, type Recovery, recoveryKeyOf } from './recoveryFiles.js';
import type { Standing } from './recoveryText.js';
import { readSigned, writeSigned } from './signedFile.js';

export interface RefusedAnswer {
  readonly file: string;
  readonly code: string;
  readonly reason: string;
  /** Who signed it, where that is known. */
  readonly actor?: ActorView;
  /** The epochs of which it has no good partial decryption. */
  readonly epochs?: readonly number[];
}

export interface Added {
  readonly taken: readonly { readonly file: string; readonly actor: ActorView }[];
  readonly refused: readonly RefusedAnswer[];
}

export function addAnswers(
  recovery: Recovery,
  files: readonly string[],
  onProgress: (file: string) => (done: number, of: number) => void,
): Added {
  const key = recoveryKeyOf(recovery);
  const taken: Added['taken'][number][] = [];
  const refused: RefusedAnswer[] = [];
  for (const file of files) {
    try {
      const message = readSigned(file, 'recovery_answer');
      const answer = openAnswer(recovery, key, message);
      const bad = badEpochs(answer, recovery.request.epochs, onProgress(file));
      if (bad.length > 0) {
        refused.push(forged(file, answer, bad));
        continue;
      }
      writeSigned(answerFile(recovery.paths, answer.actor.id), 'recovery_answer', message);
      taken.push({ file, actor: answer.actor });
    } catch (error) {
      if (!(error instanceof CocoError)) throw error;
      refused.push({ file, code: error.code, reason: error.message });
    }
  }
  return { taken, refused };
}

function forged(file: string, { actor }: RecoveryAnswer, epochs: readonly number[]): RefusedAnswer {
  const some = `${epochs.slice(0, 5).join(', ')}${epochs.length > 5 ? ', …' : ''}`;
  const reason = `what it has for ${epochs.length === 1 ? 'epoch' : 'epochs'} ${some} is not the partial decryption of that actor`;
  return { file, code: 'COCO_RECOVERY_FORGED', reason, actor, epochs };
}

/** The answers that are kept. COCO_RECOVERY_ANSWER when somebody changed one. */
export function keptAnswers(recovery: Recovery): readonly RecoveryAnswer[] {
  const key = recoveryKeyOf(recovery);
  return answeredBy(recovery.paths).map((actorId) =>
    openAnswer(recovery, key, readSigned(answerFile(recovery.paths, actorId), 'recovery_answer')),
  );
}

export function standingOf(recovery: Recovery): Standing {
  const { request, isOpened } = recovery;
  const { threshold, actors } = request.key.key;
  const have = isOpened ? [] : keptAnswers(recovery).map(({ actor }) => actor);
  return { have, threshold, holders: actors.length, isOpened };
}
