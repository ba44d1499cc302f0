/**
 * The ledger of one node: numbers, seals, signs and checks entries, and keeps the Merkle tree over them. It follows
 * the node's log: what consensus appends is appended or added here, what it drops is rolled back, what it commits
 * is compacted. It holds no entries, only what later entries and receipts need of them.
 */
import { assert, CocoError, type NodeId, type Seqno, type TxId, toHex, type View } from '@coco/primitives';
import { nextConfiguration, nextLeaving } from './configuration.js';
import { describeLayout } from './describe.js';
import {
  defaultEntryBytesMax,
  type EntryLayout,
  entryLeaf,
  noClaims,
  openEntry,
  parseEntry,
  sealEntry,
  sealedBytes,
} from './entry.js';
import { beginning, type KeptSignature, type Note, noteOf } from './ledger-note.js';
import { assertIdentity, type LedgerStart } from './ledger-start.js';
import { MerkleTree } from './merkle.js';
import { type LeafProof, makeReceipt, type ReceiptLeaf } from './receipt.js';
import { makeCoseReceipt } from './receipt-cose.js';
import { readSecretRow, secretDigest, secretFor } from './rekey.js';
import { createSecrets, type GrowingSecrets, type Secrets } from './secrets.js';
import { createServiceCheckers, type ServiceCheckers } from './service-checkers.js';
import { makeSignature, signatureTables } from './signature.js';
import { readSignature } from './signature-read.js';
import { verifySignature } from './signature-verify.js';
import { sealSnapshot, snapshotBytesMaxDefault } from './snapshot-seal.js';
import { decodeTree, encodeTree } from './tree-table.js';
import type {
  EntryDescription,
  Ledger,
  LedgerIdentity,
  LedgerSecret,
  OpenedEntry,
  Receipt,
  SealedEntry,
  SnapshotBase,
  SnapshotSealer,
} from './types.js';

/** Makes a ledger: empty, or with everything up to the base, of which it knows only what it must. */
export function createLedger(start: LedgerStart): Ledger {
  return new NodeLedger(start);
}

class NodeLedger implements Ledger {
  readonly #identity: LedgerIdentity | undefined;
  readonly #secrets: GrowingSecrets;
  readonly #openSecret: LedgerStart['openSecret'];
  readonly #checkerAt: ServiceCheckers;
  readonly #entryBytesMax: number;
  readonly #receiptLeavesMax: number;
  readonly #chunkBytes: number;
  readonly #snapshotBytesMax: number;
  readonly #tree: MerkleTree;
  /** By seqno, from the first leaf that the tree holds. */
  readonly #notes = new Map<Seqno, Note>();
  /** What came before the first entry that was written or added here. */
  readonly #before: Seqno;
  readonly #views: { readonly view: View; readonly from: Seqno }[];
  #note: Note;
  #last: TxId;
  /** The highest id that was ever sealed or added here, rolled back or not: no IV may be used again. */
  #highest: TxId;
  #committed: Seqno;

  constructor(start: LedgerStart) {
    if (start.identity !== undefined) assertIdentity(start.identity, start.serviceCertificate);
    this.#identity = start.identity;
    this.#secrets = createSecrets(start.secrets, start.base?.seqno ?? 0);
    this.#openSecret = start.openSecret;
    this.#checkerAt = createServiceCheckers(start.serviceCertificate, start.formerServices);
    this.#entryBytesMax = start.entryBytesMax ?? defaultEntryBytesMax;
    this.#receiptLeavesMax = start.receiptLeavesMax ?? 65_536;
    this.#chunkBytes = start.chunkBytes ?? 5_000_000;
    this.#snapshotBytesMax = start.snapshotBytesMax ?? snapshotBytesMaxDefault;
    const { base } = start;
    this.#tree = base === undefined ? MerkleTree.empty() : decodeTree(base.tree);
    this.#note = base === undefined ? beginning : noteOf(base);
    this.#views = [...(base?.views ?? [])];
    this.#last = { view: base?.view ?? 0, seqno: base?.seqno ?? 0 };
    this.#highest = this.#last;
    this.#before = this.#last.seqno;
    this.#committed = this.#before;
    this.#notes.set(this.#before, this.#note);
    const { size, flushed } = this.#tree;
    assert(size === this.#before + 1 && flushed === this.#before, "the tree is the base's");
  }

  get last(): TxId {
    return this.#last;
  }

  get configuration(): readonly NodeId[] {
    return this.#note.configuration;
  }

  configurationAt(seqno: Seqno): readonly NodeId[] | undefined {
    return this.#notes.get(seqno)?.configuration;
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  get tree(): MerkleTree {
    return this.#tree;
  }

  append(batch: Parameters<Ledger['append']>[0]): SealedEntry {
    const txId = this.#nextTxId(batch.view);
    return this.#seal({ ...batch, ...txId });
  }

  sign(view: View, issuedAtSeconds = 0, endChunk = false): SealedEntry {
    const { identity } = this.#signer();
    const txId = this.#nextTxId(view);
    const treeFrom = this.#note.lastSignature;
    const made = makeSignature({ txId, tree: this.#tree, treeFrom, identity, issuedAtSeconds });
    const { publicMaps, node, serviceBytes } = made;
    const contents = { ...txId, publicMaps, privateMaps: new Uint8Array(0) };
    const endsChunk = endChunk || this.#note.chunkBytes + sealedBytes(contents) >= this.#chunkBytes;
    return this.#seal(
      { ...contents, endsChunk },
      {
        nodeId: node.node,
        certificatePem: node.cert,
        signature: node.sig,
        serviceBytes,
        treeFrom,
      },
    );
  }

  #signer(): { readonly identity: LedgerIdentity } {
    assert(this.#identity !== undefined, 'only a ledger with an identity makes entries');
    return { identity: this.#identity };
  }

  base(seqno: Seqno): SnapshotBase {
    const note = this.#notes.get(seqno);
    assert(
      note?.lastSignature === seqno && note.chunkBytes === 0,
      'a snapshot is taken where a signature ended a chunk',
    );
    const { view, configuration, leaving } = note;
    return {
      view,
      seqno,
      views: this.#views.filter(({ from }) => from <= seqno),
      configuration: { seqno, nodes: configuration },
      leaving,
      tree: encodeTree(this.#tree, seqno, seqno + 1),
    };
  }

  snapshot(seqno: Seqno): SnapshotSealer {
    assert(seqno <= this.#committed, 'a snapshot holds only what is committed');
    const base = this.base(seqno);
    const key = this.#secrets.keyAt(seqno);
    const signature = this.#notes.get(seqno)?.signature;
    assert(key !== undefined && signature !== undefined, 'a snapshot is made of what was opened here');
    const { nodeId: node, certificatePem: cert, signature: sig, serviceBytes, treeFrom } = signature;
    const signed = { cert, node, root: toHex(this.#tree.root(seqno)), seqno, sig, view: base.view };
    const tables = signatureTables({
      node: signed,
      serviceBytes,
      tree: encodeTree(this.#tree, treeFrom, seqno),
    });
    return sealSnapshot({ base, key, signature: tables, snapshotBytesMax: this.#snapshotBytesMax });
  }

  #nextTxId(view: View): TxId {
    this.#signer();
    const seqno = this.#last.seqno + 1;
    assert(this.#mayFollow(view), 'views ascend, and change only after a signature');
    const { view: sealedView, seqno: sealedSeqno } = this.#highest;
    assert(view > sealedView || (view === sealedView && seqno > sealedSeqno), 'no IV is used twice');
    return { view, seqno };
  }

  /** A new primary has dropped what was not signed, so views change only after a signature. */
  #mayFollow(view: View): boolean {
    const { view: lastView, seqno } = this.#last;
    return view === lastView || (view > lastView && this.#note.lastSignature === seqno);
  }

  #seal(contents: Parameters<typeof sealEntry>[0], signature?: KeptSignature): SealedEntry {
    const { bytes, leaf } = sealEntry(contents, this.#secrets);
    assert(bytes.length <= this.#entryBytesMax, 'an entry is not larger than every node accepts');
    const description = describeLayout(parseEntry(bytes, this.#entryBytesMax), this.#note.configuration);
    assert(description.signature === (signature !== undefined), 'only sign() makes signature transactions');
    const claimsDigest = contents.claimsDigest ?? noClaims;
    const secret = this.#toldBy(description, this.#secrets);
    this.#push({ ...description, ...leaf, claimsDigest, ...(secret && { secret }) }, signature);
    return { ...description, bytes };
  }

  open(
    bytes: Uint8Array,
    current: readonly NodeId[] = this.#note.configuration,
    secrets: Secrets = this.#secrets,
  ): OpenedEntry {
    const layout = parseEntry(bytes, this.#entryBytesMax);
    const opened = openedOf(layout, openEntry(layout, secrets), current);
    const secret = this.#toldBy(opened, secrets);
    return secret === undefined ? opened : { ...opened, secret };
  }

  openPublic(bytes: Uint8Array): OpenedEntry {
    const layout = parseEntry(bytes, this.#entryBytesMax);
    const opened = openedOf(layout, new Uint8Array(0), this.#note.configuration);
    // A signature has nothing private: what is there all the same is for the check of signatures to refuse.
    return opened.signature ? { ...opened, privateMaps: layout.ciphertext } : opened;
  }

  /** The secret that an entry has for this node. */
  #toldBy({ seqno, secretRow }: EntryDescription, secrets: Secrets): LedgerSecret | undefined {
    if (secretRow === undefined || this.#identity === undefined) return undefined;
    const sealed = secretFor(secretRow, this.#identity.nodeId);
    const present = secrets.keyAt(seqno);
    if (sealed === undefined || present === undefined) return undefined;
    const key = this.#openSecret?.(sealed, present);
    // What was told to this node alone may be another than what the network can recover.
    if (key?.length === 32 && secretDigest(key) === readSecretRow(secretRow)?.digest) {
      return { fromSeqno: seqno + 1, key };
    }
    key?.fill(0);
    return undefined;
  }

  forgetSecrets(before: Seqno): void {
    this.#secrets.forget(before);
  }

  get secrets(): readonly LedgerSecret[] {
    return this.#secrets.all;
  }

  secretsAfter(seqno: Seqno): GrowingSecrets {
    return this.#secrets.ahead(seqno);
  }

  get untoldFrom(): Seqno | undefined {
    return this.#secrets.untoldFrom;
  }

  addSecrets(secrets: readonly LedgerSecret[]): void {
    this.#secrets.add(secrets);
  }

  add(entry: OpenedEntry): void {
    const { view, seqno, publicMaps, privateMaps, claimsDigest = noClaims } = entry;
    if (seqno !== this.#last.seqno + 1 || !this.#mayFollow(view)) {
      const { view: lastView, seqno: lastSeqno } = this.#last;
      const sentence = `entry ${view}.${seqno} cannot follow entry ${lastView}.${lastSeqno}`;
      throw new CocoError('COCO_LEDGER_ENTRY_ORDER', sentence, { view, seqno, lastView, lastSeqno });
    }
    const signature = entry.signature
      ? this.#checkSignature({ view, seqno, publicMaps, claimsDigest, privateLength: privateMaps.length })
      : undefined;
    this.#push({ ...entry, claimsDigest }, signature);
  }

  #checkSignature(source: Parameters<typeof readSignature>[0]): KeptSignature {
    const record = readSignature(source);
    const { view, seqno, node, serviceBytes } = record;
    if (node === undefined || serviceBytes === undefined) {
      const sentence = `the signature transaction ${view}.${seqno} has not both the node's and the service's signature`;
      throw new CocoError('COCO_LEDGER_SIGNATURE_MISSING', sentence, { view, seqno });
    }
    const checker = this.#checkerAt(seqno);
    verifySignature(record, this.#tree, checker);
    const { pem } = checker.nodeCertificate(record, node);
    const treeFrom = record.tree.flushed;
    return { nodeId: node.node, certificatePem: pem, signature: node.sig, serviceBytes, treeFrom };
  }

  #push(
    entry: Pick<
      OpenedEntry,
      'view' | 'seqno' | 'size' | 'nodes' | 'endsChunk' | 'leaf' | 'secretRow' | 'secret'
    > &
      ReceiptLeaf,
    signature: KeptSignature | undefined,
  ): void {
    const { view, seqno, writeSetDigest, claimsDigest, nodes = [] } = entry;
    const { configuration, leaving } = this.#note;
    this.#tree.append(entry.leaf);
    this.#secrets.follow(entry);
    if (this.#views.at(-1)?.view !== view) this.#views.push({ view, from: seqno });
    this.#note = {
      view,
      writeSetDigest,
      claimsDigest,
      configuration: nextConfiguration(configuration, nodes) ?? configuration,
      leaving: nodes.length === 0 ? leaving : nextLeaving(leaving, nodes),
      lastSignature: signature === undefined ? this.#note.lastSignature : seqno,
      chunkBytes: entry.endsChunk === true ? 0 : this.#note.chunkBytes + entry.size,
      ...(signature !== undefined && { signature }),
    };
    this.#notes.set(seqno, this.#note);
    this.#last = { view, seqno };
    const { view: highestView, seqno: highestSeqno } = this.#highest;
    if (view > highestView || (view === highestView && seqno > highestSeqno)) this.#highest = this.#last;
  }

  rollback(to: Seqno): void {
    assert(to >= this.#committed, 'what is committed is never rolled back');
    if (to >= this.#last.seqno) return;
    for (let seqno = this.#last.seqno; seqno > to; seqno--) this.#notes.delete(seqno);
    const note = this.#notes.get(to);
    assert(note !== undefined, 'everything since the commit is held');
    this.#tree.retract(to + 1);
    this.#secrets.rollback(to);
    while ((this.#views.at(-1)?.from ?? 0) > to) this.#views.pop();
    this.#note = note;
    this.#last = { view: note.view, seqno: to };
  }

  compact(seqno: Seqno): void {
    assert(seqno <= this.#last.seqno, 'only what is there is committed');
    if (seqno <= this.#committed) return;
    this.#committed = seqno;
    this.#secrets.settle(seqno);
    // The next signature repeats the tree from the last one on; a rollback needs the note of the committed entry, and a
    // snapshot there what its signature repeats.
    const oldest = this.#last.seqno + 1 - this.#receiptLeavesMax;
    const repeated = this.#notes.get(seqno)?.signature?.treeFrom ?? seqno;
    const from = Math.min(repeated, this.#note.lastSignature, oldest);
    for (let old = this.#tree.flushed; old < from; old++) this.#notes.delete(old);
    this.#tree.flush(from);
  }

  receipt(seqno: Seqno): Receipt | undefined {
    const found = this.#proven(seqno);
    if (found === undefined) return undefined;
    if (found.note.signature !== undefined)
      return makeReceipt(found.signature, { root: this.#tree.root(seqno) });
    return makeReceipt(found.signature, this.#leafProof(seqno, found));
  }

  coseReceipt(seqno: Seqno): Uint8Array | undefined {
    const found = this.#proven(seqno);
    if (found === undefined || found.note.signature !== undefined) return undefined;
    return makeCoseReceipt(found.signature.serviceBytes, this.#leafProof(seqno, found));
  }

  #leafProof(seqno: Seqno, { note, signedAt }: { note: Note; signedAt: Seqno }): LeafProof {
    return {
      writeSetDigest: note.writeSetDigest,
      claimsDigest: note.claimsDigest,
      commitEvidence: this.#secrets.commitEvidence({ view: note.view, seqno }),
      proof: this.#tree.proof(seqno, signedAt),
    };
  }

  /** The committed entry at `seqno` and the first signature that proves it: for a signature, itself. */
  #proven(seqno: Seqno): { note: Note; signedAt: Seqno; signature: KeptSignature } | undefined {
    const held = seqno > this.#before && seqno <= this.#committed;
    const note = held ? this.#notes.get(seqno) : undefined;
    if (note === undefined || seqno < this.#tree.flushed) return undefined;
    for (let signedAt = seqno; signedAt <= this.#committed; signedAt++) {
      const signature = this.#notes.get(signedAt)?.signature;
      if (signature !== undefined) return { note, signedAt, signature };
    }
    return undefined;
  }
}

function openedOf(layout: EntryLayout, privateMaps: Uint8Array, current: readonly NodeId[]): OpenedEntry {
  const { publicMaps, claimsDigest = noClaims } = layout;
  return {
    ...describeLayout(layout, current),
    publicMaps,
    privateMaps,
    ...(claimsDigest.some((byte) => byte !== 0) && { claimsDigest }),
    ...entryLeaf(layout),
  };
}
