/**
 * The actors (ACT-1) as the tables say. Rows that do not read are left out: nothing that the members decide can write
 * such rows (see proposals/guard.ts).
 */
import type { Reader } from '@coco/kv';
import { isJsonObject, type JsonObject, objectRows, readText, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import type { ActorView } from '../types.js';

/** Members and participants, each in the order of their ids. */
export function readActors(reader: Reader): {
  readonly members: readonly ActorView[];
  readonly participants: readonly ActorView[];
} {
  const members: ActorView[] = [];
  for (const [id, info] of objectRows(reader, governanceTables.memberInfo)) {
    const member = memberView(reader, id, info);
    if (member !== undefined) members.push(member);
  }
  const participants: ActorView[] = [];
  for (const [id, info] of objectRows(reader, governanceTables.participantInfo)) {
    const certificatePem = readText(reader, governanceTables.participantCertificates, id);
    if (certificatePem === undefined) continue;
    const name = textOf(info['name']) ?? '';
    participants.push({ id, kind: 'participant', name, certificatePem, status: 'Active' });
  }
  return { members, participants };
}

function memberView(reader: Reader, id: string, info: JsonObject): ActorView | undefined {
  const certificatePem = readText(reader, governanceTables.memberCertificates, id);
  const { status, member_data: data } = info;
  if (certificatePem === undefined || (status !== 'Active' && status !== 'Accepted')) return undefined;
  const name = (isJsonObject(data) ? textOf(data['name']) : undefined) ?? '';
  return { id, kind: 'member', name, certificatePem, status };
}
