/**
 * Ballots: a script, as in CCF, or a plain yes or no. A plain vote is kept as the shortest script that says the same, so
 * that tools that know only scripts read it; it is known again by its text, and counted without running anything.
 */
import { fromUtf8, utf8 } from '@coco/primitives';
import { refuse } from '../requests/refusal.js';
import { isJsonObject, parseJson } from '../rows.js';
import { noBallot, yesBallot } from '../scripts/plainBallots.js';

/** The script in the body of a ballot: {"ballot": "<script>" | true | false | "yes" | "no"}. */
export function parseBallot(payload: Uint8Array, ballotBytesMax: number): string {
  const body = parseJson(payload);
  const ballot = isJsonObject(body) ? body['ballot'] : undefined;
  if (ballot === true || ballot === 'yes') return yesBallot;
  if (ballot === false || ballot === 'no') return noBallot;
  if (typeof ballot !== 'string' || fromUtf8(utf8(ballot)) !== ballot) {
    refuse(
      400,
      'InvalidInput',
      'the body must be a JSON object with "ballot": a script, true, false, "yes" or "no"',
    );
  }
  if (utf8(ballot).length > ballotBytesMax) {
    refuse(413, 'RequestBodyTooLarge', `a ballot may have at most ${ballotBytesMax} bytes`);
  }
  return ballot;
}

/** What a plain ballot says; undefined for a script. */
export function plainVote(ballot: string): boolean | undefined {
  if (ballot === yesBallot) return true;
  return ballot === noBallot ? false : undefined;
}
