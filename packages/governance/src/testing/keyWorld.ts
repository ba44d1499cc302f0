/**
 * A network that makes its shared key, for tests: one store, a clock that is moved by hand, and a participant for each node, which
 * hears what is committed and tells the primary what it says. Without ledger, consensus or sockets.
 */
import {
  combinePartials,
  encodeThresholdCiphertext,
  generateShareKey,
  type HpkeSealInput,
  hpkeOpen,
  hpkeSeal,
  type KeyShare,
  type PartialDecryption,
  partialDecrypt,
  randomBytes,
  type SecretLabel,
  type ShareKey,
  signRaw,
  type ThresholdCiphertext,
  type ThresholdKey,
  thresholdEncrypt,
} from '@coco/crypto';
import { createStore, type Reader, type Store, type Transaction } from '@coco/kv';
import { assert, type NodeId, toHex, utf8 } from '@coco/primitives';
import { genesisTables } from '../genesis.js';
import { writeLease } from '../leases.js';
import { advanceCeremony, isCeremonyDue } from '../networkKey/advance.js';
import { contributeToKey } from '../networkKey/contribute.js';
import { decodeKeyContribution, encodeKeyContribution } from '../networkKey/contribution.js';
import { readNetworkKey } from '../networkKey/keyRow.js';
import { createKeyParticipant } from '../networkKey/participant.js';
import type {
  KeptShare,
  KeyContribution,
  KeyOutcome,
  KeyParticipant,
  NetworkKey,
} from '../networkKey/types.js';
import { putRow, readObject } from '../rows.js';
import { governanceTables as tables } from '../tables.js';
import { type Identity, makeIdentity, testTimeMs } from './identities.js';

/** A node of a test: what its host would have. */
export class KeyNode {
  readonly id: NodeId;
  readonly actor: Identity;
  readonly identity: Identity;
  readonly shareKey: ShareKey = generateShareKey();
  /** What is durable. */
  kept: readonly KeptShare[] = [];
  /** Each time anything was kept: the ceremonies. */
  readonly keepings: (readonly string[])[] = [];
  isUp = true;
  /** Changes what it says before it is sent, or leaves it out. */
  twist: (said: KeyContribution) => readonly KeyContribution[] = (said) => [said];
  /** Changes what it seals. */
  seal: (input: HpkeSealInput) => Uint8Array = hpkeSeal;
  participant: KeyParticipant;

  constructor(actor: Identity, service: Identity) {
    this.actor = actor;
    this.identity = makeIdentity({ issuer: service, curve: 'P-384' });
    this.id = this.identity.key.publicKey.fingerprint;
    this.participant = this.#start();
  }

  get shareKeyHex(): string {
    return toHex(this.shareKey.publicKey);
  }

  /** Only what is kept outlives it. */
  restart(): void {
    this.participant = this.#start();
  }

  sign(bytes: Uint8Array): Uint8Array {
    return signRaw(this.identity.key, bytes, { hash: 'sha384' });
  }

  #start(): KeyParticipant {
    return createKeyParticipant({
      nodeId: this.id,
      signNode: (bytes) => this.sign(bytes),
      sealShare: (input) => this.seal(input),
      openShare: (sealed, aad, info) => hpkeOpen({ key: this.shareKey, sealed, aad, info }),
      shareKey: this.shareKeyHex,
      random: randomBytes,
      kept: this.kept,
      keep: (shares) => {
        this.kept = shares.map(({ ceremony, material }) => ({ ceremony, material: material.slice() }));
        this.keepings.push(shares.map(({ ceremony }) => ceremony));
      },
    });
  }
}

export class KeyWorld {
  readonly store: Store = createStore();
  readonly service: Identity = makeIdentity({ name: 'service', isCa: true });
  readonly actors: Identity[];
  readonly nodes: KeyNode[] = [];
  nowMs = testTimeMs;
  /** What was refused, by code. */
  readonly refusals: string[] = [];
  #ids = 0;

  /** `counts` says how many nodes each of the actors has. The first is a member, the others are participants. */
  constructor(counts: readonly number[], settings: Readonly<Record<string, number>> = {}) {
    this.actors = counts.map((_, i) => makeIdentity({ name: `actor ${i}` })).toSorted(byId);
    const [member, ...participants] = this.actors.map(({ certificate }) => ({
      certificatePem: certificate.pem,
      name: certificate.subject,
    }));
    assert(member !== undefined, 'a network has a member');
    const genesis = {
      serviceCertificatePem: this.service.certificate.pem,
      constitution: 'toy',
      members: [member],
      participants,
      nodes: [],
      votingPolicies: { default: { kind: 'majority' as const } },
      settings,
    };
    this.store.apply(genesisTables(genesis), 1);
    for (const [i, count] of counts.entries()) {
      for (let n = 0; n < count; n++) this.addNode(this.actors[i] as Identity);
    }
  }

  /** The node of actor `i`, its first. */
  nodeOf(i: number): KeyNode {
    const node = this.nodes.find(({ actor }) => actor === this.actors[i]);
    assert(node !== undefined, 'the actor has a node');
    return node;
  }

  addActor(): Identity {
    const actor = makeIdentity();
    this.write((to) => putRow(to, tables.participantInfo, actor.id, { name: 'new', status: 'Active' }));
    this.actors.push(actor);
    this.actors.sort(byId);
    return actor;
  }

  removeActor(actor: Identity): void {
    this.write((to) => {
      to.remove(tables.participantInfo, utf8(actor.id));
      to.remove(tables.memberInfo, utf8(actor.id));
    });
    this.actors.splice(this.actors.indexOf(actor), 1);
  }

  addNode(actor: Identity): KeyNode {
    const node = new KeyNode(actor, this.service);
    this.nodes.push(node);
    this.write((to) => {
      const pem = node.identity.certificate.pem;
      putRow(to, tables.nodeTuples, node.id, { actor: actor.id, public_key: pem, peer_address: 'a:1' });
      putRow(to, tables.nodeEvidence, node.id, {
        platform: 'virtual',
        code_id: '',
        at: 1,
        share_key: node.shareKeyHex,
      });
    });
    this.setStatus(node, 'Trusted');
    return node;
  }

  setStatus(node: KeyNode, status: 'Trusted' | 'Retired', lease?: 'lapsed' | 'distrusted'): void {
    this.write((to) => {
      putRow(to, tables.nodeInfo, node.id, { ...readObject(to, tables.nodeInfo, node.id), status });
      if (lease === undefined) return;
      const reason = { code: 'X', sentence: 'x' };
      writeLease(to, node.id, { state: lease, grantedAtMs: 0, expiresAtMs: 0, reason });
    });
  }

  write<Result>(change: (transaction: Transaction) => Result): Result {
    const transaction = this.store.begin();
    const result = change(transaction);
    if (transaction.writeSet().length > 0) this.store.commit(transaction, this.store.head + 1);
    return result;
  }

  get reader(): Reader {
    return this.store.read(this.store.head);
  }

  get key(): NetworkKey | undefined {
    return readNetworkKey(this.reader);
  }

  row(table: string, key?: string): Readonly<Record<string, unknown>> | undefined {
    return readObject(this.reader, table, key);
  }

  /** What a node says reaches the primary as bytes. */
  hear(node: KeyNode, contribution: KeyContribution): KeyOutcome {
    const arrived = decodeKeyContribution(encodeKeyContribution(contribution));
    const outcome = this.write((to) => contributeToKey(to, { nodeId: node.id, contribution: arrived }));
    if (outcome.outcome === 'refused') this.refusals.push(outcome.code);
    return outcome;
  }

  /** One moment: the primary does what is due, then everybody looks and speaks. */
  tick(ms = 0): void {
    this.nowMs += ms;
    for (let steps = 0; isCeremonyDue(this.reader, this.nowMs); steps++) {
      assert(steps < 10, 'the primary comes to rest');
      this.advance();
    }
    for (const node of this.nodes) {
      if (!node.isUp) continue;
      const reader = this.reader;
      for (const said of node.participant.look(reader, this.nowMs).flatMap(node.twist)) this.hear(node, said);
    }
  }

  advance(): void {
    this.write((to) => advanceCeremony(to, { nowMs: this.nowMs, newId: () => this.newId() }));
  }

  newId(): Uint8Array {
    this.#ids += 1;
    return new Uint8Array(32).fill(this.#ids);
  }

  /** `seconds` of it, a second at a time. */
  run(seconds: number): void {
    for (let i = 0; i < seconds; i++) this.tick(1000);
  }

  /** Until there is a key of this generation, in which everybody who can be reached has a share; how many seconds that took. */
  runTo(generation: number, secondsMax = 60): number {
    for (let seconds = 0; seconds <= secondsMax; seconds++) {
      if (this.key?.generation === generation && this.row(tables.keyCeremony) === undefined) {
        this.tick();
        return seconds;
      }
      this.tick(1000);
    }
    throw new Error(`no key of generation ${generation} in ${secondsMax} seconds`);
  }
}

export const testLabel: SecretLabel = {
  network: new Uint8Array(32).fill(7),
  epoch: 1,
  associatedData: utf8('test'),
};

export const testSecret = new Uint8Array(32).fill(9);

export function encryptTo(key: ThresholdKey): ThresholdCiphertext {
  const { publicKey } = key;
  const made = thresholdEncrypt({ publicKey, label: testLabel, secret: testSecret, random: randomBytes });
  assert(encodeThresholdCiphertext(made).length < 400, 'it is small');
  return made;
}

/** What these shares make of a ciphertext: "opened", or why not. */
export function decryptWith(
  key: ThresholdKey,
  ciphertext: ThresholdCiphertext,
  shares: readonly (KeyShare | undefined)[],
): string {
  const partials = shares.flatMap((share): readonly PartialDecryption[] => {
    assert(share !== undefined, 'the node has a share');
    return [
      partialDecrypt({ share, label: testLabel, ciphertext, random: randomBytes }) as PartialDecryption,
    ];
  });
  const combined = combinePartials({ key, label: testLabel, ciphertext }, partials);
  if (combined.kind === 'opened') assert(toHex(combined.secret) === toHex(testSecret), 'it is the secret');
  return combined.kind;
}

function byId(a: Identity, b: Identity): number {
  return a.id < b.id ? -1 : 1;
}
