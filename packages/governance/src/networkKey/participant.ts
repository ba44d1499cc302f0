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
} from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { CocoError, equalBytes, fromHex } from '@coco/primitives';
import { dealersIn } from './advance.js';
import { type RunningCeremony, readCeremony, readCeremonyRecord } from './ceremonyRow.js';
import { readDeal, readDeals } from './dealRow.js';
import { type ActorNode, actorNode, holdsShare, trustedActorNodes } from './holders.js';
import { readKeyBrief, readNetworkKey } from './keyRow.js';
import { finishOwnShare } from './ownShare.js';
import { shareSealing, signShare } from './signedShare.js';
import type {
  Answer,
  DealContribution,
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
  #share: KeyShare | undefined;
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
    this.#kept = input.kept.map(({ ceremony, material }) => ({ ceremony, material: material.slice() }));
  }

  get share(): KeyShare | undefined {
    return this.#share;
  }

  look(reader: Reader, nowMs: number): readonly KeyContribution[] {
    const running = readCeremony(reader);
    this.#enter(running, nowMs);
    const me = actorNode(reader, this.#input.nodeId);
    this.#follow(reader, me);
    this.#forget([this.#present, running?.digest]);
    const node = trustedActorNodes(reader).find(({ nodeId }) => nodeId === this.#input.nodeId);
    if (node === undefined) return [];
    if (running === undefined) {
      const ceremony = this.#lost;
      const isAsked = readKeyBrief(reader)?.asked.includes(node.nodeId) === true;
      return ceremony === undefined || isAsked ? [] : this.#unsaid([{ kind: 'missing', ceremony }], nowMs);
    }
    if (running.phase === 'dealing') return this.#unsaid(this.#deal(reader, running, node, nowMs), nowMs);
    return this.#unsaid([...this.#judge(reader, running, node), ...this.#answer(reader, running)], nowMs);
  }

  #enter(running: RunningCeremony | undefined, nowMs: number): void {
    if (running?.digest === this.#running?.digest) return;
    if (this.#dealing !== undefined) eraseDealing(this.#dealing.dealing);
    this.#dealing = undefined;
    this.#judged = undefined;
    this.#saidAtMs.clear();
    this.#running = running && { digest: running.digest, seenAtMs: nowMs };
  }

  /** Has the share of the present key in hand, if there is any way to have it. */
  #follow(reader: Reader, me: ActorNode | undefined): void {
    const brief = readKeyBrief(reader);
    const ceremony = brief?.ceremony;
    if (ceremony === this.#present && (this.#share !== undefined || this.#lost !== undefined)) return;
    if (this.#share !== undefined) eraseKeyShare(this.#share);
    this.#share = undefined;
    this.#lost = undefined;
    this.#present = ceremony;
    const own = me && { actorId: me.actorId, shareKey: this.#input.shareKey };
    if (brief === undefined || own === undefined || !holdsShare(brief.holders, own)) return;
    const key = readNetworkKey(reader);
    if (key === undefined) return;
    this.#share = this.#keptOf(key.key, key.ceremony, own.actorId);
    if (this.#share !== undefined) return;
    const { openShare } = this.#input;
    const { ceremonyRecord, ceremony: digest, counted } = key;
    const finished = finishOwnShare(reader, { ceremony: ceremonyRecord, digest, counted, openShare, ...own });
    if (finished.kind === 'faulty') {
      this.#lost = digest;
      return;
    }
    this.#keep(digest, finished.share);
    this.#share = finished.share;
  }

  #keptOf(...[key, ceremony, actorId]: [Parameters<typeof keyShareFrom>[1], string, string]) {
    const kept = this.#kept.find((one) => one.ceremony === ceremony);
    if (kept === undefined) return undefined;
    try {
      return keyShareFrom(kept.material, key, key.actors.indexOf(actorId) + 1);
    } catch (error) {
      // What was kept is not what the others agreed on in the end.
      if (error instanceof CocoError) return undefined;
      throw error;
    }
  }

  /** Keeps a share, in the place of one of the same ceremony; it is durable then. */
  #keep(ceremony: string, share: KeyShare): void {
    const material = keepKeyShare(share, (bytes) => bytes.slice());
    const old = this.#kept.find((one) => one.ceremony === ceremony);
    if (old !== undefined && equalBytes(old.material, material)) {
      material.fill(0);
      return;
    }
    this.#keepOnly([...this.#kept.filter((one) => one !== old), { ceremony, material }]);
  }

  /** Old shares would decrypt on: none but those of these ceremonies are kept. */
  #forget(current: readonly (string | undefined)[]): void {
    if (this.#present === undefined) return;
    const left = this.#kept.filter(({ ceremony }) => current.includes(ceremony));
    if (left.length < this.#kept.length) this.#keepOnly(left);
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
    const dealer = dealersIn(reader, running).indexOf(node.actorId) + 1;
    if (dealer === 0 || readDeals(reader, running.digest).some((one) => one.dealer === dealer)) return [];
    const nodes = trustedActorNodes(reader).filter(({ actorId }) => actorId === node.actorId);
    const turn = nodes.findIndex(({ nodeId }) => nodeId === node.nodeId);
    const waitedMs = nowMs - (this.#running?.seenAtMs ?? nowMs);
    if (waitedMs < turn * turnMs && this.#dealing === undefined) return [];
    this.#dealing ??= this.#makeDeal(reader, running, dealer);
    return this.#dealing === undefined ? [] : [this.#dealing.said];
  }

  #makeDeal(reader: Reader, { digest, holders, isResharing }: RunningCeremony, dealer: number) {
    const ceremony = readCeremonyRecord(reader);
    const share = this.#share;
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
    const { digest, counted, holders, actors, ready } = running;
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
      const dealers = dealersIn(reader, running);
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

function nameOf(contribution: KeyContribution): string {
  const { kind, ceremony } = contribution;
  const about = 'dealer' in contribution ? contribution.dealer : '';
  const to = 'recipient' in contribution ? contribution.recipient : '';
  const counted = 'counted' in contribution ? contribution.counted.join() : '';
  return [kind, ceremony, about, to, counted].join(' ');
}
