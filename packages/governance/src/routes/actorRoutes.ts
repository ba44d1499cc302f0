/**
 * `/gov/service/members`, `users` and `nodes`: who takes part, in CCF's format.
 */
import type { Reader } from '@coco/kv';
import { refuse } from '../requests/refusal.js';
import { answerJson } from '../requests/responses.js';
import {
  isJsonObject,
  type JsonObject,
  objectRows,
  readObject,
  readText,
  textOf,
  textRows,
} from '../rows.js';
import { governanceTables } from '../tables.js';
import type { GovernanceAnswer } from '../types.js';
import { pathId } from './pathIds.js';
import type { Route, RouteRequest } from './router.js';

export const actorRoutes: readonly Route[] = [
  { method: 'GET', template: '/gov/service/members', handle: members },
  { method: 'GET', template: '/gov/service/members/{memberId}', handle: member },
  { method: 'GET', template: '/gov/service/users', handle: users },
  { method: 'GET', template: '/gov/service/users/{userId}', handle: user },
  { method: 'GET', template: '/gov/service/nodes', handle: nodes },
  { method: 'GET', template: '/gov/service/nodes/{nodeId}', handle: node },
];

function members({ transaction }: RouteRequest): GovernanceAnswer {
  const rows = [...objectRows(transaction, governanceTables.memberInfo)];
  return answerJson({ value: rows.map(([id, row]) => memberBody(transaction, id, row)) });
}

function member(request: RouteRequest): GovernanceAnswer {
  const id = pathId(request, 'memberId');
  const row = readObject(request.transaction, governanceTables.memberInfo, id);
  if (row === undefined) refuse(404, 'ResourceNotFound', `there is no member ${id}`);
  return answerJson(memberBody(request.transaction, id, row));
}

function memberBody(reader: Reader, memberId: string, row: JsonObject): JsonObject {
  const key = readText(reader, governanceTables.memberEncryptionKeys, memberId);
  return {
    memberId,
    status: row['status'],
    memberData: row['member_data'] ?? null,
    certificate: readText(reader, governanceTables.memberCertificates, memberId) ?? '',
    ...(key !== undefined && { publicEncryptionKey: key }),
    recoveryRole: row['recovery_role'] ?? (key === undefined ? 'NonParticipant' : 'Participant'),
  };
}

function users({ transaction }: RouteRequest): GovernanceAnswer {
  const rows = [...textRows(transaction, governanceTables.userCertificates)];
  return answerJson({ value: rows.map(([id]) => userBody(transaction, id)) });
}

function user(request: RouteRequest): GovernanceAnswer {
  const id = pathId(request, 'userId');
  if (readText(request.transaction, governanceTables.userCertificates, id) === undefined) {
    refuse(404, 'ResourceNotFound', `there is no user ${id}`);
  }
  return answerJson(userBody(request.transaction, id));
}

function userBody(reader: Reader, userId: string): JsonObject {
  return {
    userId,
    certificate: readText(reader, governanceTables.userCertificates, userId) ?? '',
    userData: readObject(reader, governanceTables.userInfo, userId)?.['user_data'] ?? null,
  };
}

function nodes({ transaction }: RouteRequest): GovernanceAnswer {
  const rows = [...objectRows(transaction, governanceTables.nodeInfo)];
  return answerJson({ value: rows.map(([id, row]) => nodeBody(transaction, id, row)) });
}

function node(request: RouteRequest): GovernanceAnswer {
  const id = pathId(request, 'nodeId');
  const row = readObject(request.transaction, governanceTables.nodeInfo, id);
  if (row === undefined) refuse(404, 'ResourceNotFound', `there is no node ${id}`);
  return answerJson(nodeBody(request.transaction, id, row));
}

function nodeBody(reader: Reader, nodeId: string, row: JsonObject): JsonObject {
  const interfaces = isJsonObject(row['rpc_interfaces']) ? Object.entries(row['rpc_interfaces']) : [];
  return {
    nodeId,
    status: row['status'],
    nodeData: row['node_data'] ?? null,
    certificate: readText(reader, governanceTables.nodeCertificates, nodeId) ?? '',
    retiredCommitted: row['retired_committed'] === true,
    quoteInfo: quoteBody(row['quote_info']),
    rpcInterfaces: Object.fromEntries(interfaces.map(([name, one]) => [name, interfaceBody(one)])),
  };
}

function quoteBody(value: unknown): JsonObject {
  const quote = isJsonObject(value) ? value : {};
  const format = textOf(quote['format']) ?? 'Insecure_Virtual';
  if (format === 'Insecure_Virtual') return { format, rawQuote: quote['quote'] ?? '' };
  if (format !== 'AMD_SEV_SNP_v1') {
    return { format, quote: quote['quote'] ?? '', endorsements: quote['endorsements'] ?? '' };
  }
  return {
    format,
    uvmEndorsements: quote['uvm_endorsements'] ?? '',
    endorsedTcb: quote['endorsed_tcb'] ?? '',
  };
}

function interfaceBody(value: unknown): JsonObject {
  const one = isJsonObject(value) ? value : {};
  return {
    publishedAddress: textOf(one['published_address']) ?? '',
    protocol: textOf(one['app_protocol']) ?? 'http1',
  };
}
