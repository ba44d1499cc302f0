/**
 * A node's own part in making the shared key (CONF-3): it deals for its actor, checks what was dealt to its actor, accuses and answers,
 * and keeps its actor's share of the key. Pure: tables in, what is to be said to the primary out.
 *
 * By the committed tables alone it can do all of this anew, except for its deal: the polynomial is in memory only, and a node that was
 * restarted cannot answer for the one that it made before.
 */
import {
  beginDealing,
  type Dealing,
  dealDigest,
  encodeDeal,
  eraseDealing,
  eraseDealtShare,
  eraseKeyShare,
  type KeyShare,
  keepDealtShare,
  keepKeyShare,
  keyShareFrom,
  shareFor,
  type ThresholdKey,
} from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { CocoError, equalBytes, fixedCopy, fromHex, toHex } from '@coco/primitives';
import { type RunningCeremony, readCeremony, readCeremonyRecord } from './ceremonyRow.js';
import { keptKeys } from './confirmed.js';
import { readDeal, readDeals } from './dealRow.js';
import { type ActorNode, actorNode, holdsShare, trustedActorNodes } from './holders.js';
import { type KeyBrief, readKeyBrief, readNetworkKey } from './keyRow.js';
import { keysIn } from './keysIn.js';
import { finishOwnShare } from './ownShare.js';
import { shareSealing, signShare } from './signedShare.js';
import type {
  Answer,
  DealContribution,
  HeldShare,
  KeptShare,
  KeyContribution,
  KeyParticipant,
  KeyParticipantInput,
  SealedShares,
} from './types.js';

export function createKeyParticipant(input: KeyParticipantInput): KeyParticipant {
  return new Participant(input);
}

/** Another node of the actor deals when the one before it has not for so long. */
const turnMs = 5000;

/** What was said is said again after so long, while the tables do not show it. */
const repeatMs = 3000;

class Participant implements KeyParticipant {
  readonly #input: KeyParticipantInput;
  #kept: readonly KeptShare[];
  #shares: readonly HeldShare[] = [];
  /** By what it looked for its shares last. */
  #followed: string | undefined;
  /** The ceremony of the present key, and that of a key of which this node cannot have a share. */
  #present: string | undefined;
  #lost: string | undefined;
  /** The running ceremony, and when this node saw it first. */
  #running: { readonly digest: string; readonly seenAtMs: number } | undefined;
  #dealing: { readonly dealing: Dealing; readonly said: DealContribution } | undefined;
  /** What was dealt to this node as it checked it last. */
  #judged: { readonly of: string; readonly say: readonly KeyContribution[] } | undefined;
  readonly #saidAtMs = new Map<string, number>();

  constructor(input: KeyParticipantInput) {
    this.#input = input;
    this.#kept = input.kept.map(({ ceremony, material }) => ({ ceremony, material: fixedCopy(material) }));
  }

  get share(): KeyShare | undefined {
    return this.#shareOf(this.#present);
  }

  get shares(): readonly HeldShare[] {
    return this.#shares;
  }

  look(reader: Reader, nowMs: number): readonly KeyContribution[] {
    const running = readCeremony(reader);
    this.#enter(running, nowMs);
    const me = actorNode(reader, this.#input.nodeId);
    const key = readKeyBrief(reader);
    this.#follow(reader, { key, running, me });
    this.#forget(reader, key, running);
    const node = trustedActorNodes(reader).find(({ nodeId }) => nodeId === this.#input.nodeId);
    if (node === undefined) return [];
    const late = key === undefined ? [] : this.#confirm(key, node);
    if (running === undefined) {
      const ceremony = this.#lost;
      const isAsked = key?.asked.includes(node.nodeId) === true;
      if (ceremony === undefined || isAsked) return this.#unsaid(late, nowMs);
      return this.#unsaid([{ kind: 'missing', ceremony }], nowMs);
    }
    const own =
      running.phase === 'dealing'
        ? this.#deal(reader, running, node, nowMs)
        : [...this.#judge(reader, running, node), ...this.#answer(reader, running)];
    return this.#unsaid([...late, ...own], nowMs);
  }

  #shareOf(ceremony: string | undefined): KeyShare | undefined {
    return this.#shares.find(({ key }) => toHex(key.ceremony) === ceremony)?.share;
  }

  /** It keeps its share of the present key, and the tables do not say so yet. */
  #confirm({ ceremony, counted, holders, confirmed }: KeyBrief, node: ActorNode): readonly KeyContribution[] {
    if (this.share === undefined || confirmed.includes(node.actorId) || !holdsShare(holders, node)) return [];
    return [{ kind: 'ready', ceremony, counted }];
  }

  #enter(running: RunningCeremony | undefined, nowMs: number): void {
    if (running?.digest === this.#running?.digest) return;
    if (this.#dealing !== undefined) eraseDealing(this.#dealing.dealing);
    this.#dealing = undefined;
    this.#judged = undefined;
    this.#saidAtMs.clear();
    this.#running = running && { digest: running.digest, seenAtMs: nowMs };
  }

  /** Has its shares in hand, and that of the present key if there is any way to have it. */
  #follow(reader: Reader, { key, running, me }: Followed): void {
    const { digest, phase, counted } = running ?? {};
    const keys = [key?.ceremony, ...(key?.earlier ?? []).map(({ ceremony }) => ceremony)];
    const kept = this.#kept.map(({ ceremony }) => ceremony);
    const of = JSON.stringify([me?.actorId, keys, digest, phase, counted, kept]);
    if (of === this.#followed) return;
    this.#followed = of;
    this.#present = key?.ceremony;
    this.#lost = undefined;
    const shares = me === undefined ? [] : keysIn(reader).flatMap((one) => this.#keptOf(one, me.actorId));
    const isHeld = shares.some((one) => toHex(one.key.ceremony) === key?.ceremony);
    const own = isHeld ? undefined : this.#remade(reader, key, me);
    const held = own === undefined ? shares : [own, ...shares];
    for (const old of this.#shares) if (!held.includes(old)) eraseKeyShare(old.share);
    this.#shares = held;
  }

  /** The share of the present key, from the deals. */
  #remade(reader: Reader, brief: KeyBrief | undefined, me: ActorNode | undefined): HeldShare | undefined {
    const own = me && { actorId: me.actorId, shareKey: this.#input.shareKey };
    if (brief === undefined || own === undefined || !holdsShare(brief.holders, own)) return undefined;
    const key = readNetworkKey(reader);
    if (key === undefined) return undefined;
    const { openShare } = this.#input;
    const { ceremonyRecord, ceremony: digest, counted } = key;
    const finished = finishOwnShare(reader, { ceremony: ceremonyRecord, digest, counted, openShare, ...own });
    if (finished.kind === 'faulty') {
      this.#lost = digest;
      return undefined;
    }
    this.#keep(digest, finished.share);
    return { key: key.key, share: finished.share };
  }

  /** The share of `key` that was kept, if any: the same one as before where that is in hand. */
  #keptOf(key: ThresholdKey, actorId: string): readonly HeldShare[] {
    const ceremony = toHex(key.ceremony);
    const kept = this.#kept.find((one) => one.ceremony === ceremony);
    const number = key.actors.indexOf(actorId) + 1;
    if (kept === undefined || number === 0) return [];
    const known = this.#shares.find((one) => one.share.actor === number && isSameKey(one.key, key));
    if (known !== undefined) return [known];
    try {
      return [{ key, share: keyShareFrom(kept.material, key, number) }];
    } catch (error) {
      // What was kept is not what the others agreed on in the end.
      if (error instanceof CocoError) return [];
      throw error;
    }
  }

  /** Keeps a share, in the place of one of the same ceremony; it is durable then. */
  #keep(ceremony: string, share: KeyShare): void {
    const material = keepKeyShare(share, fixedCopy);
    const old = this.#kept.find((one) => one.ceremony === ceremony);
    if (old !== undefined && equalBytes(old.material, material)) {
      material.fill(0);
      return;
    }
    this.#keepOnly([...this.#kept.filter((one) => one !== old), { ceremony, material }]);
  }

  /**
   * Old shares would decrypt on: none are kept but those of the present key and of what is being made, and of the keys before until
   * all holders have confirmed the present one. Whoever has no share of that keeps what it has.
   */
  #forget(reader: Reader, key: KeyBrief | undefined, running: RunningCeremony | undefined): void {
    if (key === undefined || this.#lost !== undefined) return;
    const current = new Set(keptKeys(reader, key).map(({ ceremony }) => ceremony));
    if (running !== undefined) current.add(running.digest);
    const left = this.#kept.filter(({ ceremony }) => current.has(ceremony));
    if (left.length === this.#kept.length) return;
    this.#keepOnly(left);
    const held = this.#shares.filter((one) => current.has(toHex(one.key.ceremony)));
    for (const old of this.#shares) if (!held.includes(old)) eraseKeyShare(old.share);
    this.#shares = held;
  }

  #keepOnly(kept: readonly KeptShare[]): void {
    this.#input.keep(kept);
    for (const old of this.#kept) if (!kept.includes(old)) old.material.fill(0);
    this.#kept = kept;
  }

  #deal(
    reader: Reader,
    running: RunningCeremony,
    node: ActorNode,
    nowMs: number,
  ): readonly KeyContribution[] {
    const dealer = running.dealers.indexOf(node.actorId) + 1;
    if (dealer === 0 || readDeals(reader, running.digest).some((one) => one.dealer === dealer)) return [];
    const nodes = trustedActorNodes(reader).filter(({ actorId }) => actorId === node.actorId);
    const turn = nodes.findIndex(({ nodeId }) => nodeId === node.nodeId);
    const waitedMs = nowMs - (this.#running?.seenAtMs ?? nowMs);
    if (waitedMs < turn * turnMs && this.#dealing === undefined) return [];
    this.#dealing ??= this.#makeDeal(reader, running, dealer);
    return this.#dealing === undefined ? [] : [this.#dealing.said];
  }

  #makeDeal(reader: Reader, { digest, holders, isResharing, base }: RunningCeremony, dealer: number) {
    const ceremony = readCeremonyRecord(reader);
    const share = this.#shareOf(base);
    if (ceremony === undefined || (isResharing && share === undefined)) return undefined;
    const { random, sealShare } = this.#input;
    const old = isResharing && share !== undefined && { share };
    const dealing = beginDealing({ ceremony, dealer, random, ...old });
    const shares: SealedShares = Object.fromEntries(
      ceremony.actors.map((actorId, i) => {
        const plaintext = this.#signed(dealing, i + 1);
        const sealed = (holders[actorId] ?? []).map((key) => {
          const recipient = fromHex(key) ?? new Uint8Array(0);
          return [key, sealShare({ recipient, ...shareSealing(digest, key), plaintext })] as const;
        });
        plaintext.fill(0);
        return [actorId, Object.fromEntries(sealed)] as const;
      }),
    );
    const said: DealContribution = { kind: 'deal', ceremony: digest, deal: encodeDeal(dealing.deal), shares };
    return { dealing, said };
  }

  #signed(dealing: Dealing, recipient: number): Uint8Array {
    const { nodeId, signNode } = this.#input;
    const share = shareFor(dealing, recipient);
    const signed = keepDealtShare(share, (bytes) => signShare(bytes, nodeId, signNode));
    eraseDealtShare(share);
    return signed;
  }

  #judge(reader: Reader, running: RunningCeremony, node: ActorNode): readonly KeyContribution[] {
    const { digest, counted, holders, actors, ready, dealers } = running;
    const { shareKey, openShare } = this.#input;
    const own = { actorId: node.actorId, shareKey };
    if (!holdsShare(holders, own)) return [];
    const recipient = actors.indexOf(node.actorId) + 1;
    const records = readDeals(reader, digest).filter(({ dealer }) => counted.includes(dealer));
    const shown = records.filter(({ answered }) => answered.includes(recipient)).map(({ dealer }) => dealer);
    const of = JSON.stringify([digest, counted, shown]);
    if (this.#judged?.of !== of) {
      const ceremony = readCeremonyRecord(reader);
      if (ceremony === undefined) return [];
      const input = { ceremony, digest, counted, openShare, dealers, ...own };
      const finished = finishOwnShare(reader, input);
      if (finished.kind === 'made') {
        this.#keep(digest, finished.share);
        eraseKeyShare(finished.share);
        this.#judged = { of, say: [{ kind: 'ready', ceremony: digest, counted }] };
      } else {
        const complaints = finished.faults.map(
          (fault) => ({ kind: 'complaint', ceremony: digest, ...fault }) as const,
        );
        this.#judged = { of, say: complaints };
      }
    }
    const told = records.filter(({ unopened }) => unopened.includes(recipient)).map(({ dealer }) => dealer);
    return (this.#judged?.say ?? []).filter((one) => {
      if (one.kind === 'ready') return !ready.includes(node.actorId);
      return one.kind !== 'complaint' || one.share !== undefined || !told.includes(one.dealer);
    });
  }

  /** Shows everybody what this node sent to those who say that they got nothing. */
  #answer(reader: Reader, { digest, counted }: RunningCeremony): readonly Answer[] {
    const dealing = this.#dealing?.dealing;
    if (dealing === undefined) return [];
    const { dealer } = dealing.deal;
    const record = readDeals(reader, digest).find((one) => one.dealer === dealer);
    if (record?.nodeId !== this.#input.nodeId || !counted.includes(dealer)) return [];
    const asking = record.unopened.filter((recipient) => !record.answered.includes(recipient));
    const written = asking.length === 0 ? undefined : readDeal(reader, digest, dealer);
    if (written === undefined || !equalBytes(dealDigest(written), dealDigest(dealing.deal))) return [];
    return asking.map((recipient) => {
      const share = this.#signed(dealing, recipient);
      return { kind: 'answer', ceremony: digest, dealer, recipient, share };
    });
  }

  /** Leaves out what was said a moment ago. */
  #unsaid(contributions: readonly KeyContribution[], nowMs: number): readonly KeyContribution[] {
    return contributions.filter((one) => {
      const name = nameOf(one);
      const waitedMs = nowMs - (this.#saidAtMs.get(name) ?? Number.NEGATIVE_INFINITY);
      const isDue = waitedMs >= repeatMs || waitedMs < 0;
      if (isDue) this.#saidAtMs.set(name, nowMs);
      return isDue;
    });
  }
}

interface Followed {
  readonly key: KeyBrief | undefined;
  readonly running: RunningCeremony | undefined;
  readonly me: ActorNode | undefined;
}

function isSameKey(a: ThresholdKey, b: ThresholdKey): boolean {
  const same = (x: readonly Uint8Array[], y: readonly Uint8Array[]): boolean =>
    x.length === y.length && x.every((bytes, i) => equalBytes(bytes, y[i] as Uint8Array));
  return equalBytes(a.ceremony, b.ceremony) && same(a.verificationShares, b.verificationShares);
}

function nameOf(contribution: KeyContribution): string {
  const { kind, ceremony } = contribution;
  const about = 'dealer' in contribution ? contribution.dealer : '';
  const to = 'recipient' in contribution ? contribution.recipient : '';
  const counted = 'counted' in contribution ? contribution.counted.join() : '';
  return [kind, ceremony, about, to, counted].join(' ');
}
