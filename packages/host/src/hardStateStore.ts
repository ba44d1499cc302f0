/**
 * The few bytes of consensus that must be durable before any message that follows from them leaves: the view, who got
 * this node's vote in it, and the commit that last ended a configuration. A node that forgot its vote could vote twice.
 *
 *   file  = slot[2], 4096 bytes each
 *   slot  = u32 length | sealed[length] | zeros
 *   sealed: u64 generation | u64 view | u32 length | votedFor in UTF-8, empty for nobody | u64 commit, 0 for none
 *           | u64 committed | u32 length | this node's id in UTF-8
 *
 * `committed` is what this node knew to be committed when it marked a chunk of its ledger so: the names of files can be
 * changed by whoever has the disk. The id is there because nodes on one machine may have the same sealing key.
 *
 * A state is written to the first slot and is durable after one fdatasync; then the second slot gets the same,
 * without anyone waiting. So a write torn by a crash leaves the state before it in the other slot, and at rest either
 * slot alone can go bad. The seal finds torn and forged slots; that the disk shows a whole older file the other nodes find out
 * (consensus).
 */
import { existsSync, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { HardState } from '@coco/consensus';
import { ByteReader, ByteWriter, CocoError, fromUtf8, type NodeId, type Seqno, utf8 } from '@coco/primitives';
import { onDisk, onDiskSync, replaceFileSync, writeAll } from './disk.js';
import type { Sealer } from './sealer.js';

export interface HardStateStore {
  /** The state that was found when the file was opened; undefined when there was none. */
  readonly state: HardState | undefined;
  /** What was known to be committed when a chunk was last marked so; as it was found, or 0. */
  readonly committed: Seqno;
  /** Resolves when `state` is durable. COCO_HOST_DISK, then and for ever after. Calls are carried out in order. */
  save(state: HardState): Promise<void>;
  /** The same for what is known to be committed: before a chunk is marked so. */
  saveCommitted(seqno: Seqno): Promise<void>;
  close(): Promise<void>;
}

export interface HardStateStoreOptions {
  /** The file; made when it is missing. */
  readonly path: string;
  readonly sealer: Sealer;
  readonly nodeId: NodeId;
}

const slotBytes = 4096;
const purpose = 'hard state';

/** Opens the file. COCO_HOST_HARD_STATE when neither slot can be read, or they are those of another node. */
export async function openHardStateStore(options: HardStateStoreOptions): Promise<HardStateStore> {
  const { path } = options;
  if (!existsSync(path)) {
    const empty = encodeSlot(options, { generation: 0, state: { view: 0 }, committed: 0 });
    replaceFileSync(path, new Uint8Array([...empty, ...empty]), 0o600);
  }
  const newest = readSlots(options);
  const file = await onDisk('open a file', path, () => open(path, 'r+'));
  // A process that was killed may have written this and not waited for it: it counts as soon as it is durable.
  await onDisk('synchronise the hard state', path, () => file.datasync());
  return new FileHardStateStore(options, file, newest);
}

interface Slot {
  readonly generation: number;
  /** View 0 stands for "none yet". */
  readonly state: HardState;
  readonly committed: Seqno;
}

class FileHardStateStore implements HardStateStore {
  readonly state: HardState | undefined;
  readonly committed: Seqno;
  readonly #options: HardStateStoreOptions;
  readonly #file: FileHandle;
  #newest: Slot;
  /** The last thing that was asked of the file; rejects for ever once something failed. */
  #tail: Promise<void> = Promise.resolve();

  constructor(options: HardStateStoreOptions, file: FileHandle, newest: Slot) {
    this.#options = options;
    this.#file = file;
    this.#newest = newest;
    this.state = newest.state.view === 0 ? undefined : newest.state;
    this.committed = newest.committed;
  }

  save(state: HardState): Promise<void> {
    return this.#save({ ...this.#newest, state });
  }

  saveCommitted(seqno: Seqno): Promise<void> {
    return this.#save({ ...this.#newest, committed: seqno });
  }

  #save(changed: Slot): Promise<void> {
    const slot = { ...changed, generation: this.#newest.generation + 1 };
    this.#newest = slot;
    const bytes = encodeSlot(this.#options, slot);
    const saved = this.#tail.then(() => this.#write(bytes, 0));
    this.#tail = saved.then(() => this.#write(bytes, slotBytes));
    // Whoever saves or closes next is told.
    this.#tail.catch(() => undefined);
    return saved;
  }

  #write(bytes: Uint8Array, at: number): Promise<void> {
    return onDisk('save the hard state', this.#options.path, async () => {
      await writeAll(this.#file, [bytes], at);
      await this.#file.datasync();
    });
  }

  async close(): Promise<void> {
    await this.#tail.catch(() => undefined);
    await this.#file.close();
  }
}

type Whose = Pick<HardStateStoreOptions, 'sealer' | 'nodeId'>;

function encodeSlot({ sealer, nodeId }: Whose, { generation, state, committed }: Slot): Uint8Array {
  const plain = new ByteWriter()
    .u64(generation)
    .u64(state.view)
    .sized32(utf8(state.votedFor ?? ''))
    .u64(state.commit ?? 0)
    .u64(committed)
    .sized32(utf8(nodeId));
  const slot = new Uint8Array(slotBytes);
  slot.set(new ByteWriter().sized32(sealer.seal(purpose, plain.finish())).finish());
  return slot;
}

function decodeSlot({ sealer, nodeId }: Whose, bytes: Uint8Array): Slot | undefined {
  try {
    const plain = new ByteReader(sealer.open(purpose, new ByteReader(bytes).sized32()));
    const generation = plain.u64();
    const view = plain.u64();
    const votedFor = fromUtf8(plain.sized32()) ?? '';
    const commit = plain.u64();
    const committed = plain.u64();
    const whose = fromUtf8(plain.sized32());
    plain.end();
    if (whose !== nodeId) return undefined;
    const state = { view, ...(votedFor !== '' && { votedFor }), ...(commit > 0 && { commit }) };
    return { generation, state, committed };
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}

function readSlots(options: HardStateStoreOptions): Slot {
  const { path } = options;
  const bytes = onDiskSync('read the hard state', path, () => new Uint8Array(readFileSync(path)));
  const first = decodeSlot(options, bytes.subarray(0, slotBytes));
  const second = decodeSlot(options, bytes.subarray(slotBytes));
  const newest = (first?.generation ?? -1) >= (second?.generation ?? -1) ? first : second;
  if (newest === undefined) {
    throw new CocoError(
      'COCO_HOST_HARD_STATE',
      `${path} cannot be read, or is another node's: restore this node's own, or let it join again as a new node`,
      { path },
    );
  }
  return newest;
}
