/**
 * Deals: rows of `public:coco.network_key.deals`, by "<ceremony digest (hex)>.<dealer number, three digits>".
 *
 *     { deal (base64), node (id of the node that dealt), shares {actor id: {share key (hex): base64}},
 *       unopened? [recipient number], answers? {recipient number: base64}, faulty?: reason, proof?: base64 }
 *
 * `unopened` are recipients that say nothing came for them, `answers` the signed shares that the dealer then shows; `proof` is the
 * signed share that does not fit. The deals of the present key stay, with them a holder's share can be made again.
 */
import { type Deal, decodeDeal, encodeDeal } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { CocoError, fromBase64, fromUtf8, type NodeId, toBase64, utf8 } from '@coco/primitives';
import { isJsonObject, type JsonObject, parseJson, putRow, readObject, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import { dealersOf } from './keyRow.js';
import type { SealedShares } from './types.js';

export interface DealRecord {
  readonly dealer: number;
  readonly nodeId: NodeId;
  /** Numbers of those who say that nothing came for them. */
  readonly unopened: readonly number[];
  /** Whose fault it is not any more: those to whom the dealer has answered. */
  readonly answered: readonly number[];
  /** Why it does not count. */
  readonly faulty?: string;
}

/** The deals of a ceremony, by number of the dealer. */
export function readDeals(reader: Reader, ceremony: string): readonly DealRecord[] {
  return dealRows(reader, ceremony).flatMap(([dealer, row]) => {
    const nodeId = textOf(row['node']);
    const faulty = textOf(row['faulty']);
    if (nodeId === undefined) return [];
    const answered = Object.keys(isJsonObject(row['answers']) ? row['answers'] : {}).map(Number);
    const unopened = dealersOf(row['unopened']);
    return [{ dealer, nodeId, unopened, answered, ...(faulty !== undefined && { faulty }) }];
  });
}

/** The deal itself. */
export function readDeal(reader: Reader, ceremony: string, dealer: number): Deal | undefined {
  const row = readObject(reader, governanceTables.keyDeals, keyOf(ceremony, dealer));
  const bytes = fromBase64(textOf(row?.['deal']) ?? '');
  try {
    return bytes === undefined ? undefined : decodeDeal(bytes);
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}

/** What stands in a deal for one recipient: sealed to `shareKey`, or shown to everybody by the dealer. */
export function readDealtTo(
  reader: Reader,
  { ceremony, dealer }: { readonly ceremony: string; readonly dealer: number },
  to: { readonly actorId: string; readonly recipient: number; readonly shareKey: string },
): { readonly sealed?: Uint8Array; readonly shown?: Uint8Array } {
  const row = readObject(reader, governanceTables.keyDeals, keyOf(ceremony, dealer));
  const sealed = bytesIn(fieldOf(fieldOf(row?.['shares'], to.actorId), to.shareKey));
  const shown = bytesIn(fieldOf(row?.['answers'], String(to.recipient)));
  return { ...(sealed !== undefined && { sealed }), ...(shown !== undefined && { shown }) };
}

export interface NewDeal {
  readonly ceremony: string;
  readonly nodeId: NodeId;
  readonly deal: Deal;
  readonly shares: SealedShares;
}

export function writeDeal(transaction: Transaction, { ceremony, nodeId, deal, shares }: NewDeal): void {
  const texts = Object.entries(shares).map(([actorId, sealed]) => [
    actorId,
    Object.fromEntries(Object.entries(sealed).map(([key, bytes]) => [key, toBase64(bytes)])),
  ]);
  putRow(transaction, governanceTables.keyDeals, keyOf(ceremony, deal.dealer), {
    deal: toBase64(encodeDeal(deal)),
    node: nodeId,
    shares: Object.fromEntries(texts),
  });
}

/** Notes that `recipient` found nothing that the dealer signed for it. */
export function writeUnopened(
  transaction: Transaction,
  ceremony: string,
  { dealer, unopened }: DealRecord,
  recipient: number,
): void {
  change(transaction, ceremony, dealer, { unopened: [...unopened, recipient].toSorted((a, b) => a - b) });
}

/** Shows everybody the signed share of `recipient`. */
export function writeAnswer(
  transaction: Transaction,
  ceremony: string,
  dealer: number,
  answer: { readonly recipient: number; readonly share: Uint8Array },
): void {
  const { answers } = readObject(transaction, governanceTables.keyDeals, keyOf(ceremony, dealer)) ?? {};
  const given = isJsonObject(answers) ? answers : {};
  change(transaction, ceremony, dealer, {
    answers: { ...given, [String(answer.recipient)]: toBase64(answer.share) },
  });
}

/** Why a deal does not count any more, and the signed share that shows it, where there is one. */
export function writeFaulty(
  transaction: Transaction,
  ceremony: string,
  dealer: number,
  fault: { readonly reason: string; readonly proof?: Uint8Array },
): void {
  const { reason: faulty, proof } = fault;
  change(transaction, ceremony, dealer, {
    faulty,
    ...(proof !== undefined && { proof: toBase64(proof) }),
  });
}

/** Removes the deals of all ceremonies but these. */
export function keepDeals(transaction: Transaction, ceremonies: readonly string[]): void {
  const dropped = [...transaction.range(governanceTables.keyDeals)].filter(
    ({ key }) => !ceremonies.some((ceremony) => startsWith(key, utf8(`${ceremony}.`))),
  );
  for (const { key } of dropped) transaction.remove(governanceTables.keyDeals, key);
}

function change(transaction: Transaction, ceremony: string, dealer: number, fields: JsonObject): void {
  const key = keyOf(ceremony, dealer);
  const row = readObject(transaction, governanceTables.keyDeals, key);
  putRow(transaction, governanceTables.keyDeals, key, { ...row, ...fields });
}

function dealRows(reader: Reader, ceremony: string): readonly (readonly [number, JsonObject])[] {
  const range = { from: utf8(keyOf(ceremony, 0)), to: utf8(`${ceremony}/`) };
  return [...reader.range(governanceTables.keyDeals, range)].flatMap(({ key, value }) => {
    const row = parseJson(value);
    const dealer = Number(fromUtf8(key)?.slice(ceremony.length + 1));
    return isJsonObject(row) && Number.isInteger(dealer) ? [[dealer, row] as const] : [];
  });
}

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return head.every((byte, i) => bytes[i] === byte);
}

function fieldOf(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function bytesIn(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? fromBase64(value) : undefined;
}

const keyOf = (ceremony: string, dealer: number): string => `${ceremony}.${String(dealer).padStart(3, '0')}`;
