/**
 * The tables of a network of one node that made its key by itself, for the tests of this folder.
 */
import assert from 'node:assert/strict';
import { generateShareKey, hpkeOpen, hpkeSeal, randomBytes, type ShareKey, signRaw } from '@coco/crypto';
import {
  advanceCeremony,
  contributeToKey,
  createKeyParticipant,
  genesisTables,
  governanceTables,
  isCeremonyDue,
  type KeptShare,
} from '@coco/governance';
import { createStore, type Store, type Transaction } from '@coco/kv';
import { toHex, utf8 } from '@coco/primitives';
import { ledgerNode, ledgerService } from '../entries.test.js';
import { testIdentity } from '../identities.test.js';

const member = testIdentity('member');
/** Whose node it is. */
export const actorId = member.certificate.fingerprint;

/** With the shares that the node keeps. `midway`: it makes them anew, has the new one, and has not told anybody yet. */
export function keyTables(
  shareKey: ShareKey,
  { midway = false } = {},
): {
  readonly store: Store;
  readonly kept: readonly KeptShare[];
} {
  const { nodeId, privateKey, certificate } = ledgerNode;
  const store = createStore();
  const address = '127.0.0.1:1';
  store.apply(
    genesisTables({
      serviceCertificatePem: ledgerService.certificate.pem,
      constitution: '',
      members: [{ certificatePem: member.certificate.pem, name: 'Member' }],
      participants: [],
      nodes: [
        {
          nodeId,
          certificatePem: certificate.pem,
          peerAddress: address,
          applicationAddress: address,
          administrativeAddress: address,
        },
      ],
      votingPolicies: { default: { kind: 'majority' } },
    }),
    1,
  );
  const write = (change: (transaction: Transaction) => void): void => {
    const transaction = store.begin();
    change(transaction);
    store.commit(transaction, store.head + 1);
  };
  const evidence = { at: 1, platform: 'virtual', code_id: 'ab', share_key: toHex(shareKey.publicKey) };
  write((to) => {
    to.put(governanceTables.nodeTuples, utf8(nodeId), utf8(JSON.stringify({ actor: actorId })));
    to.put(governanceTables.nodeEvidence, utf8(nodeId), utf8(JSON.stringify(evidence)));
  });
  let kept: readonly KeptShare[] = [];
  const participant = createKeyParticipant({
    nodeId,
    signNode: (bytes) =>
      signRaw(privateKey, bytes, { hash: privateKey.curve === 'P-256' ? 'sha256' : 'sha384' }),
    sealShare: hpkeSeal,
    openShare: (sealed, aad, info) => hpkeOpen({ key: shareKey, sealed, aad, info }),
    shareKey: toHex(shareKey.publicKey),
    random: randomBytes,
    kept: [],
    keep: (shares) => {
      kept = shares.map(({ ceremony, material }) => ({ ceremony, material: material.slice() }));
    },
  });
  let nowMs = 1_000_000;
  const step = (isTold: (kind: string) => boolean): void => {
    nowMs += 5000;
    assert.ok(nowMs < 1_200_000, 'the key is made soon');
    while (isCeremonyDue(store.read(store.head), nowMs)) {
      write((to) => void advanceCeremony(to, { nowMs, newId: () => randomBytes(32) }));
    }
    for (const contribution of participant.look(store.read(store.head), nowMs)) {
      if (isTold(contribution.kind)) write((to) => void contributeToKey(to, { nodeId, contribution }));
    }
  };
  while (participant.share === undefined) step(() => true);
  if (!midway) return { store, kept };
  const row = { share_key: toHex(generateShareKey().publicKey) };
  write((to) => to.put(governanceTables.actorShareKeys, utf8(actorId), utf8(JSON.stringify(row))));
  while (kept.length < 2) step((kind) => kind !== 'ready');
  return { store, kept };
}
