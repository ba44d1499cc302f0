/**
 * This node's part in bringing secrets of the ledger back (CONF-3): partial decryptions by its actor's share of the network's
 * key, for a node on the VN list that proves, now and on this connection, what it runs. Also served by a node that cannot read its
 * own ledger yet: when all nodes restart at once, they help one another.
 */
import { encodePartial, encodeThresholdKey, type KeyShare } from '@coco/crypto';
import { type NetworkKey, readEpoch } from '@coco/governance';
import type { Reader } from '@coco/kv';
import { toBase64 } from '@coco/primitives';
import { judgeEvidence } from '../attestation/judgeEvidence.js';
import type { KnownNetwork } from '../custody/custody.js';
import { secretsRefusal } from '../custody/entitled.js';
import { partialsOf } from '../custody/partials.js';
import { decodePartialsAsk, partialEpochsMax } from '../custody/partialsMessages.js';
import type { HttpResponse } from '../http.js';
import { failure, json } from './answers.js';
import { type ProofFacts, proofOf } from './proof.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain } from './schemas.js';

export interface PartialFacts extends ProofFacts {
  /** Lower-case hex SHA-256 of the service's certificate (DER). */
  readonly serviceFingerprint: string;
  /** Who takes part, for certain. */
  readonly known: () => KnownNetwork;
  /** Governance tables as the log says. What is sealed there is sealed for this network, committed or not. */
  readonly newest: () => Reader;
  readonly share: () => { readonly key: NetworkKey; readonly share: KeyShare } | undefined;
}

const { string, integer, listOf } = plain;

export function partialRoutes(facts: PartialFacts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/node/partials',
      summary:
        "Partial decryptions of epochs' secrets, for a node on the VN list that proves what it runs (CONF-3)",
      body: objectOf({ epochs: listOf(integer), 'evidence?': string }),
      answers: {
        200: {
          description:
            "The network's key as this node has it, and what its share makes of each epoch's secret",
          schema: objectOf({
            key: string,
            partials: { type: 'object', additionalProperties: string },
          }),
        },
      },
      handle: (request) => partials(facts, request),
    },
  ];
}

async function partials(facts: PartialFacts, { request }: RouteRequest): Promise<HttpResponse> {
  const [leaf] = request.chain;
  if (leaf === undefined) return anonymous;
  const ask = decodePartialsAsk(request.body);
  if (ask === undefined) return malformed;
  const nodeId = leaf.publicKey.fingerprint;
  const { view, tables } = facts.known();
  const refusal = secretsRefusal(view, tables, nodeId);
  if (refusal !== undefined) return failure(403, refusal.code, refusal.sentence);
  const held = facts.share();
  if (held === undefined) return noShare;
  const proof = proofOf(facts, request, ask.evidence);
  if ('refused' in proof) return proof.refused;
  const { evidence, nonce, exporter, atMs } = proof.attestation;
  const judged = judgeEvidence({
    evidence,
    manifests: [view.manifests],
    binding: { purpose: 'secrets', network: facts.serviceFingerprint, nodeId, nonce, exporter },
    atMs,
  });
  if (judged.outcome === 'refused') return failure(403, judged.refusal.code, judged.refusal.sentence);
  const reader = facts.newest();
  const records = ask.epochs.flatMap((epoch) => readEpoch(reader, epoch) ?? []);
  const made = [...(await partialsOf(held.share, records))];
  return json(200, {
    key: toBase64(encodeThresholdKey(held.key.key)),
    partials: Object.fromEntries(made.map(([epoch, partial]) => [epoch, toBase64(encodePartial(partial))])),
  });
}

const anonymous = failure(
  401,
  'COCO_SECRETS_UNLISTED',
  'secrets of the ledger are for nodes on the VN list: connect with the certificate of one',
);
const malformed = failure(
  400,
  'COCO_SECRETS_REQUEST',
  `ask for 1 to ${partialEpochsMax} different epochs by their numbers`,
);
const noShare = failure(
  503,
  'COCO_SECRETS_NO_SHARE',
  "this node holds no share of the network's key as it is now; ask another node",
  { 'retry-after': '2' },
);
