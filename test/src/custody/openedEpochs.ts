/**
 * The secrets of all epochs of a ledger, brought back as M actors together can, from nothing but what is public in its files and
 * the shares in sealed files of nodes; by the formats as they are documented, not by what nodes do.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  combinePartials,
  decodeThresholdCiphertext,
  decodeThresholdKey,
  type KeyShare,
  keyShareFrom,
  partialDecrypt,
  randomBytes,
  type ThresholdKey,
} from '@coco/crypto';
import { openVirtualSealer } from '@coco/host';
import { ByteReader, CocoError, equalBytes, fromBase64, fromHex, utf8 } from '@coco/primitives';
import { runCoco } from '../coco.js';

export interface OpenedEpoch {
  readonly epoch: number;
  /** When it began, by the primary's clock: milliseconds since 1970. */
  readonly atMs: number;
  readonly secret: Uint8Array;
}

/** A node's directory. */
export interface NodeFiles {
  readonly directory: string;
}

/** By the ledger of the first of `nodes`, with the shares of as many as it takes; those that are in `known` already are not opened again. */
export async function openEpochs(
  nodes: readonly NodeFiles[],
  known: Map<number, OpenedEpoch> = new Map(),
): Promise<readonly OpenedEpoch[]> {
  const [first] = nodes;
  if (first === undefined) throw new Error('no nodes');
  const ledger = path.join(first.directory, 'ledger');
  const [keyRow] = [...(await rowsOf(ledger, 'public:coco.network_key')).values()];
  const key = decodeThresholdKey(bytesOf(keyRow?.['key']));
  const shares = (await Promise.all(nodes.map((node) => sharesOf(node, key)))).flat().slice(0, key.threshold);
  for (const [number, row] of await rowsOf(ledger, 'public:coco.ledger.epochs')) {
    const epoch = Number(number);
    if (row['sealed'] === undefined || known.has(epoch)) continue;
    const label = {
      network: fromHex(String(row['network'])) as Uint8Array,
      epoch,
      associatedData: utf8(`${row['from']}.${row['digest']}`),
    };
    const ciphertext = decodeThresholdCiphertext(bytesOf(row['sealed']));
    const partials = shares.flatMap(
      (share) => partialDecrypt({ share, label, ciphertext, random: randomBytes }) ?? [],
    );
    const combined = combinePartials({ key, label, ciphertext }, partials);
    if (combined.kind !== 'opened') throw new Error(`epoch ${epoch} does not open: ${combined.kind}`);
    known.set(epoch, { epoch, atMs: Number(row['at']), secret: combined.secret });
  }
  return [...known.values()].toSorted((a, b) => a.epoch - b.epoch);
}

type Row = Readonly<Record<string, unknown>>;
type Cell = { readonly text?: string; readonly hex?: string };

/** By key, as they were written last. */
async function rowsOf(ledger: string, table: string): Promise<ReadonlyMap<string, Row>> {
  const { status, stdout, stderr } = await runCoco('ledger', 'show', ledger, '--table', table, '--json');
  if (status !== 0) throw new Error(stderr);
  const rows = new Map<string, Row>();
  for (const line of stdout.split('\n').filter(Boolean)) {
    const { puts } = JSON.parse(line) as { puts: { key: Cell; value: Cell }[] };
    for (const { key, value } of puts)
      rows.set(key.text ?? key.hex ?? '', JSON.parse(value.text ?? '') as Row);
  }
  return rows;
}

/** Kept shares of the key as it is: count (u32), and for each: digest of the ceremony (32 bytes), share (32 bytes). */
async function sharesOf(node: NodeFiles, key: ThresholdKey): Promise<readonly KeyShare[]> {
  const shares = await keptShares(node);
  return shares.flatMap(({ ceremony, material }) => {
    if (!equalBytes(ceremony, key.ceremony)) return [];
    return key.actors.flatMap((_, index) => shareOf(material, key, index + 1) ?? []);
  });
}

/** What a node has of shares of keys, present and former ones. */
export async function keptShares({
  directory,
}: NodeFiles): Promise<readonly { readonly ceremony: Uint8Array; readonly material: Uint8Array }[]> {
  const file = path.join(directory, 'sealed', 'key-shares.sealed');
  if (!existsSync(file)) return [];
  const sealer = await openVirtualSealer(path.join(directory, 'virtual-platform.key'));
  const reader = new ByteReader(sealer.open('key shares', readFileSync(file)));
  return Array.from({ length: reader.u32() }, () => ({
    ceremony: reader.take(32),
    material: reader.take(32),
  }));
}

function shareOf(material: Uint8Array, key: ThresholdKey, actor: number): KeyShare | undefined {
  try {
    return keyShareFrom(material, key, actor);
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}

function bytesOf(text: unknown): Uint8Array {
  const bytes = fromBase64(String(text));
  if (bytes === undefined) throw new Error(`this is not base64: ${text}`);
  return bytes;
}
