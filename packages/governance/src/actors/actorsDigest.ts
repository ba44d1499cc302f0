/**
 * Who the actors are, in one digest: with another one an epoch of the ledger's secrets ends (CONF-2). SHA-256 over the JSON of
 * two lists of ids, members and participants, each ascending.
 */
import { sha256 } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { toHex, utf8 } from '@coco/primitives';
import { objectRows } from '../rows.js';
import { governanceTables } from '../tables.js';

/** Hex. */
export function actorsDigest(reader: Reader): string {
  const ids = [governanceTables.memberInfo, governanceTables.participantInfo].map((table) =>
    [...objectRows(reader, table)].map(([id]) => id),
  );
  return toHex(sha256(utf8(JSON.stringify(ids))));
}
