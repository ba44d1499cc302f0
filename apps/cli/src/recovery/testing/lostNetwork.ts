/**
 * A network of five actors, three of whom can decrypt, and what is left of it: the ledger of one node, with private rows in several
 * epochs, and the actors' files. Made in one process, without sockets; for tests.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  encodeThresholdCiphertext,
  generateShareKey,
  hpkeOpen,
  hpkeSeal,
  randomBytes,
  type ShareKey,
  shareKeyToPem,
  signRaw,
  thresholdEncrypt,
} from '@coco/crypto';
import {
  advanceCeremony,
  contributeToKey,
  createKeyParticipant,
  currentEpoch,
  epochLabel,
  genesisTables,
  governanceTables,
  isCeremonyDue,
  type KeptShare,
  type KeyParticipant,
  networkDigest,
  readNetworkKey,
  sealEpoch,
  writeLedgerSecret,
} from '@coco/governance';
import { openVirtualSealer, saveKeyShares } from '@coco/host';
import { createStore, type Transaction, type WriteSet } from '@coco/kv';
import {
  chunkHeader,
  chunkName,
  createLedger,
  decodeMaps,
  encodeMaps,
  encodeSnapshotTables,
  type Ledger,
  type LedgerSecret,
  type SealedEntry,
  secretDigest,
  snapshotFile,
  snapshotName,
} from '@coco/ledger';
import { assert, toHex, utf8 } from '@coco/primitives';
import {
  createActorIdentity,
  createNodeIdentity,
  createServiceIdentity,
  type Identity,
  writeActorIdentity,
} from '../../genesis/identities.js';
import { writeLedgerFiles } from '../../ledger/testing/sampleLedger.js';

export interface LostNetwork {
  readonly root: string;
  /** Of the ledger of the node that is left. */
  readonly ledger: string;
  /** The same ledger, a little longer, of a node that began after a snapshot. */
  readonly joined: string;
  /** Of a stopped node of the last actor, which has kept a share. */
  readonly nodeDirectory: string;
  readonly service: Identity;
  readonly actors: readonly LostActor[];
  /** `value <epoch>.<i>` by `key <epoch>.<i>`, in the private table `app.rows`. */
  readonly values: readonly string[];
  readonly epochs: number;
}

export interface LostActor {
  readonly id: string;
  readonly certificate: string;
  readonly key: string;
  readonly shareKey: string;
}

interface Made {
  readonly identity: Identity;
  readonly node: Identity;
  /** Of the node, and the actor's own. */
  readonly nodeShareKey: ShareKey;
  readonly shareKey: ShareKey;
}

const names = ['acme', 'bolt', 'cask', 'dune', 'echo'];
const epochs = 4;
const rowsInEpoch = 3;

export async function makeLostNetwork(): Promise<LostNetwork> {
  const root = mkdtempSync(path.join(tmpdir(), 'coco-lost-'));
  const nowMs = Date.now();
  const service = createServiceIdentity('Lost service', nowMs);
  const made = names.map((name) => ({
    identity: createActorIdentity(name, nowMs),
    node: createNodeIdentity(`node of ${name}`, '127.0.0.1', service, nowMs),
    nodeShareKey: generateShareKey(),
    shareKey: generateShareKey(),
  }));
  const network = new Network(service, made);
  network.makeKey(nowMs);
  const values = Array.from({ length: epochs }, (_, epoch) => network.epoch(epoch + 1, nowMs)).flat();
  const ledger = path.join(root, 'ledger');
  mkdirSync(ledger);
  writeLedgerFiles(ledger, network.entries);
  const joined = path.join(root, 'joined', 'ledger');
  network.writeJoined(joined, nowMs);
  const actors = made.map(({ identity, shareKey }) => {
    const files = writeActorIdentity(root, identity);
    const file = path.join(root, `${identity.name}.share-key.pem`);
    writeFileSync(file, shareKeyToPem(shareKey), { mode: 0o600 });
    return { id: identity.certificate.fingerprint, ...files, shareKey: file };
  });
  writeFileSync(path.join(root, 'service.pem'), service.certificate.pem);
  const nodeDirectory = path.join(root, 'stopped');
  await writeStoppedNode(nodeDirectory, network.kept);
  return { root, ledger, joined, nodeDirectory, service, actors, values, epochs };
}

class Network {
  readonly entries: SealedEntry[] = [];
  /** By the node of the last actor. */
  kept: readonly KeptShare[] = [];
  readonly #store = createStore();
  readonly #ledger: Ledger;
  readonly #made: readonly Made[];
  readonly #first: LedgerSecret = { fromSeqno: 1, key: randomBytes(32) };

  constructor(service: Identity, made: readonly Made[]) {
    this.#made = made;
    const { node } = made[0] as Made;
    this.#ledger = createLedger({
      identity: {
        nodeId: idOf(node),
        nodeKey: node.key,
        nodeCertificate: node.certificate,
        serviceKey: service.key,
        serviceCertificate: service.certificate,
      },
      serviceCertificate: service.certificate,
      secrets: [this.#first],
      openSecret: (sealed) => sealed,
    });
    const genesis = genesisTables({
      serviceCertificatePem: service.certificate.pem,
      constitution: 'nothing here is decided by vote',
      members: made.map(({ identity }) => ({
        name: identity.name,
        certificatePem: identity.certificate.pem,
      })),
      participants: [],
      nodes: made.map(({ identity, node: one }, i) => ({
        nodeId: idOf(one),
        certificatePem: one.certificate.pem,
        actorId: identity.certificate.fingerprint,
        peerAddress: `127.0.0.1:${i + 1}003`,
        applicationAddress: `127.0.0.1:${i + 1}001`,
        administrativeAddress: `127.0.0.1:${i + 1}002`,
      })),
      votingPolicies: { default: { kind: 'majority' } },
    });
    this.#append(genesis);
  }

  /** The actors make the key of the network, and register keys of their own before. */
  makeKey(nowMs: number): void {
    this.#change((to) => {
      for (const { identity, node, nodeShareKey, shareKey } of this.#made) {
        const evidence = {
          platform: 'virtual',
          code_id: '',
          at: 1,
          share_key: toHex(nodeShareKey.publicKey),
        };
        put(to, governanceTables.nodeEvidence, idOf(node), evidence);
        const own = { share_key: toHex(shareKey.publicKey) };
        put(to, governanceTables.actorShareKeys, identity.certificate.fingerprint, own);
      }
    });
    const keep = (shares: readonly KeptShare[]): void => {
      this.kept = shares.map(({ ceremony, material }) => ({ ceremony, material: material.slice() }));
    };
    const last = this.#made.at(-1);
    const participants = this.#made.map(
      (one) => [idOf(one.node), participantOf(one, one === last ? keep : () => undefined)] as const,
    );
    for (let at = nowMs; readNetworkKey(this.#reader) === undefined; at += 1000) {
      assert(at < nowMs + 60_000, 'the key is made in time');
      while (isCeremonyDue(this.#reader, at)) {
        this.#change((to) => advanceCeremony(to, { nowMs: at, newId: () => randomBytes(32) }));
      }
      for (const [nodeId, participant] of participants) {
        for (const contribution of participant.look(this.#reader, at)) {
          this.#change((to) => contributeToKey(to, { nodeId, contribution }));
        }
      }
    }
  }

  /** Begins the epoch, unless it is the first, and writes private rows in it. */
  epoch(epoch: number, nowMs: number): readonly string[] {
    this.#change((to) => {
      const from = epoch === 1 ? 1 : this.#ledger.last.seqno + 2;
      const secret = epoch === 1 ? this.#first.key : randomBytes(32);
      const record = { epoch, from, atMs: nowMs, digest: secretDigest(secret), network: networkDigest(to) };
      const sealed = this.#sealed(secret, record);
      if (epoch === 1) sealEpoch(to, { ...record, sealed });
      else {
        const nodes = { [idOf((this.#made[0] as Made).node)]: secret };
        writeLedgerSecret(to, { digest: record.digest, nodes, sealed }, { nowMs, from });
      }
      assert(currentEpoch(to) === epoch, 'epochs are counted');
    });
    return Array.from({ length: rowsInEpoch }, (_, i) => {
      const value = `value ${epoch}.${i}`;
      const puts = [{ key: utf8(`key ${epoch}.${i}`), value: utf8(value) }];
      this.#append([], [{ table: 'app.rows', puts, removes: [] }]);
      return value;
    });
  }

  /** Makes a snapshot of all there is, goes on for one more epoch, and writes the files of a node that began after it. */
  writeJoined(directory: string, nowMs: number): void {
    const { seqno } = this.#sign(true);
    const tables = createStore();
    for (const entry of this.entries) {
      const { publicMaps, privateMaps } = this.#ledger.open(entry.bytes);
      tables.apply([...decodeMaps(privateMaps), ...decodeMaps(publicMaps)], entry.seqno);
    }
    const sealer = this.#ledger.snapshot(seqno);
    sealer.add(encodeSnapshotTables(tables.snapshot(seqno).next(1e6) ?? []));
    const { bytes, digest } = sealer.finish();
    const none = new Uint8Array(0);
    const evidence = this.#ledger.append({
      view: 2,
      publicMaps: none,
      privateMaps: none,
      claimsDigest: digest,
    });
    this.entries.push(evidence);
    this.#sign();
    const receipt = this.#ledger.receipt(evidence.seqno);
    assert(receipt !== undefined, 'what is committed has a receipt');
    this.epoch(epochs + 1, nowMs);
    const snapshots = path.join(directory, '..', 'snapshots');
    for (const one of [directory, snapshots]) mkdirSync(one, { recursive: true });
    const after = this.entries.filter((entry) => entry.seqno > seqno);
    const chunk = Buffer.concat([chunkHeader(), ...after.map((entry) => entry.bytes)]);
    writeFileSync(path.join(directory, chunkName({ start: seqno + 1 })), chunk);
    const name = snapshotName({ seqno, evidenceSeqno: evidence.seqno });
    writeFileSync(path.join(snapshots, name), snapshotFile(bytes, receipt));
  }

  #sign(endChunk = false): SealedEntry {
    const signature = this.#ledger.sign(2, 0, endChunk);
    this.entries.push(signature);
    this.#ledger.compact(signature.seqno);
    return signature;
  }

  #sealed(secret: Uint8Array, record: Parameters<typeof epochLabel>[0]): Uint8Array {
    const publicKey = readNetworkKey(this.#reader)?.key.publicKey ?? new Uint8Array(0);
    const made = thresholdEncrypt({ publicKey, label: epochLabel(record), secret, random: randomBytes });
    return encodeThresholdCiphertext(made);
  }

  get #reader() {
    return this.#store.read(this.#store.head);
  }

  #change(change: (to: Transaction) => unknown): void {
    const transaction = this.#store.begin();
    change(transaction);
    if (transaction.writeSet().length > 0) this.#append(transaction.writeSet());
  }

  #append(governance: WriteSet, application: WriteSet = []): void {
    const maps = { publicMaps: encodeMaps(governance), privateMaps: encodeMaps(application) };
    const entry = this.#ledger.append({ view: 2, ...maps });
    if (governance.length > 0) this.#store.apply(governance, entry.seqno);
    this.entries.push(entry);
    this.#sign();
  }
}

function participantOf(
  { node, nodeShareKey }: Made,
  keep: (shares: readonly KeptShare[]) => void,
): KeyParticipant {
  return createKeyParticipant({
    nodeId: idOf(node),
    signNode: (bytes) => signRaw(node.key, bytes, { hash: 'sha256' }),
    sealShare: hpkeSeal,
    openShare: (sealed, aad, info) => hpkeOpen({ key: nodeShareKey, sealed, aad, info }),
    shareKey: toHex(nodeShareKey.publicKey),
    random: randomBytes,
    kept: [],
    keep,
  });
}

async function writeStoppedNode(directory: string, kept: readonly KeptShare[]): Promise<void> {
  const sealed = path.join(directory, 'sealed');
  mkdirSync(sealed, { recursive: true });
  saveKeyShares(sealed, await openVirtualSealer(path.join(directory, 'platform.key')), kept);
  const config = {
    platform: 'virtual',
    virtualKey: 'platform.key',
    directories: { ledger: 'ledger', sealed: 'sealed', snapshots: 'snapshots' },
    addresses: { application: '127.0.0.1:1', administrative: '127.0.0.1:2', peer: '127.0.0.1:3' },
    adapters: [],
  };
  writeFileSync(path.join(directory, 'node.json'), JSON.stringify(config));
}

function put(to: Transaction, table: string, key: string, row: unknown): void {
  to.put(table, utf8(key), utf8(JSON.stringify(row)));
}

function idOf({ key }: Identity): string {
  return key.publicKey.fingerprint;
}
