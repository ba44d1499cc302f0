/**
 * What holders of shares are asked for after all nodes were lost (CONF-4): one signed message with all that it takes to answer it
 * on a machine without network. Payload, JSON:
 *
 *     { "what": "coco-recovery-request-v1", "last": "<TxID of the last signed entry>", "node": "<id of the first node to be>",
 *       "recipient": "<X25519 key of that node's machine, hex>", "drill": true if it is only a rehearsal,
 *       "tables": { "<table>": [["<key, base64>", "<value, base64>"], …], … } }
 *
 * `tables` are the ledger's own rows: the network's key with its deals, the epochs, the service, and who the actors are. Whoever answers
 * reads them as nodes do, and answers to `recipient` alone.
 */
import { type Certificate, parseCertificate, sha256 } from '@coco/crypto';
import { createStore, type Put, type Reader } from '@coco/kv';
import {
  CocoError,
  compareBytes,
  fromBase64,
  fromHex,
  type NodeId,
  parseTxId,
  type TxId,
  toBase64,
  toHex,
} from '@coco/primitives';
import { readNetworkKey } from '../networkKey/keyRow.js';
import type { NetworkKey } from '../networkKey/types.js';
import { isJsonObject, jsonBytes, readObject, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import type { ActorView } from '../types.js';
import { type SealedEpoch, sealedEpochs } from './sealedEpochs.js';
import { readRecoveryMessage, signerOf } from './signedMessage.js';

/** Where a recovery stands before anybody was asked. */
export interface RecoveryPlan {
  /** The last signed entry: what comes after it is not recovered. */
  readonly last: string;
  /** The node that the recovered service begins with. */
  readonly nodeId: NodeId;
  /** To which answers are sealed: 32 bytes. */
  readonly recipient: Uint8Array;
  /** A rehearsal: no service will come of it. */
  readonly isDrill: boolean;
}

export interface RecoveryRequest {
  /** SHA-256 of the signed message: hex. Answers name it. */
  readonly digest: string;
  /** Who asks. */
  readonly actor: ActorView;
  /** Seconds since 1970. */
  readonly createdAt: number;
  /** Of the service that was lost. */
  readonly serviceCertificate: Certificate;
  readonly last: TxId;
  readonly nodeId: NodeId;
  readonly recipient: Uint8Array;
  readonly isDrill: boolean;
  readonly key: NetworkKey;
  /** Those whose secrets are asked for: all, ascending. */
  readonly epochs: readonly SealedEpoch[];
  /** The rows that came with it. */
  readonly tables: Reader;
}

/** What is to be signed: by `reader`, the tables at the last signed entry. COCO_RECOVERY_KEY, COCO_RECOVERY_UNSEALED. */
export function recoveryRequestPayload(reader: Reader, plan: RecoveryPlan): Uint8Array {
  const { last, nodeId, recipient, isDrill } = plan;
  sealedEpochs(reader, keyIn(reader).key);
  const tables = Object.fromEntries(
    requestTables.map((table) => [
      table,
      [...reader.range(table)].map(({ key, value }) => [toBase64(key), toBase64(value)]),
    ]),
  );
  return jsonBytes({ what, last, node: nodeId, recipient: toHex(recipient), drill: isDrill, tables });
}

/** Reads and checks a request. COCO_RECOVERY_REQUEST, COCO_RECOVERY_KEY, COCO_RECOVERY_UNSEALED. */
export function openRecoveryRequest(bytes: Uint8Array): RecoveryRequest {
  const message = readRecoveryMessage(bytes, 'recovery_request');
  if (typeof message === 'string') throw refused(message);
  const { payload, createdAt } = message;
  const last = parseTxId(textOf(payload['last']) ?? '');
  const recipient = fromHex(textOf(payload['recipient']) ?? '');
  const nodeId = textOf(payload['node']) ?? '';
  if (payload['what'] !== what) throw refused('it is of another version');
  if (last === undefined || recipient?.length !== 32 || !/^[0-9a-f]{64}$/.test(nodeId)) {
    throw refused('it does not say what is to be recovered, and by whom');
  }
  const tables = readTables(payload['tables']);
  const actor = signerOf(tables, message);
  if (typeof actor === 'string') throw refused(actor);
  const key = keyIn(tables);
  return {
    digest: toHex(sha256(bytes)),
    actor,
    createdAt,
    serviceCertificate: serviceIn(tables),
    last,
    nodeId,
    recipient,
    isDrill: payload['drill'] === true,
    key,
    epochs: sealedEpochs(tables, key.key),
    tables,
  };
}

const what = 'coco-recovery-request-v1';

/** Ascending. */
const requestTables: readonly string[] = [
  governanceTables.memberCertificates,
  governanceTables.memberInfo,
  governanceTables.serviceInfo,
  governanceTables.ledgerEpochs,
  governanceTables.ledgerSecrets,
  governanceTables.networkKey,
  governanceTables.keyDeals,
  governanceTables.participantCertificates,
  governanceTables.participantInfo,
].toSorted();

function keyIn(reader: Reader): NetworkKey {
  const key = readNetworkKey(reader);
  if (key !== undefined) return key;
  const sentence = 'the network had no shared key yet: nobody but its nodes knew the secrets of its ledger';
  throw new CocoError('COCO_RECOVERY_KEY', sentence);
}

function serviceIn(reader: Reader): Certificate {
  try {
    return parseCertificate(textOf(readObject(reader, governanceTables.serviceInfo)?.['cert']) ?? '');
  } catch {
    throw refused('the certificate of the service cannot be read');
  }
}

function readTables(value: unknown): Reader {
  if (!isJsonObject(value)) throw refused('it has no tables');
  const changes = requestTables.map((table) => ({ table, puts: putsOf(value[table]), removes: [] }));
  if (Object.keys(value).length !== requestTables.length) throw refused('it has other tables than it needs');
  const store = createStore();
  store.apply(
    changes.filter(({ puts }) => puts.length > 0),
    1,
  );
  return store.read(1);
}

function putsOf(rows: unknown): readonly Put[] {
  if (!Array.isArray(rows)) throw refused('a table is missing');
  const puts = rows.map((row) => {
    const [key, value] = (Array.isArray(row) ? row : []).map((text) => fromBase64(textOf(text) ?? '-'));
    if (key === undefined || value === undefined || key.length === 0) throw refused('a row cannot be read');
    return { key, value };
  });
  const ascend = puts.every((put, i) => i === 0 || compareBytes((puts[i - 1] as Put).key, put.key) < 0);
  if (!ascend) throw refused('the rows of a table are not in order');
  return puts;
}

function refused(reason: string): CocoError {
  return new CocoError('COCO_RECOVERY_REQUEST', `this is no request for a recovery: ${reason}`);
}
