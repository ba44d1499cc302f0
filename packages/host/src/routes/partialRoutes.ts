/**
 * This node's part in bringing secrets of the ledger back (CONF-3): partial decryptions by its actor's share of the network's
 * key, for a node on the VN list that proves, now and on this connection, what it runs. Also served by a node that cannot read its
 * own ledger yet: when all nodes restart at once, they help one another.
 */
import { encodeThresholdKey } from '@coco/crypto';
import { toBase64 } from '@coco/primitives';
import { judgeEvidence } from '../attestation/judgeEvidence.js';
import type { KnownNetwork } from '../custody/custody.js';
import { secretsRefusal } from '../custody/entitled.js';
import type { HeldShare } from '../custody/partials.js';
import { createPartialsMaker, type PartialsMaker } from '../custody/partialsMaker.js';
import { decodePartialsAsk, partialAnswersMax, partialEpochsMax } from '../custody/partialsMessages.js';
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
  /**
   * Whether this node itself is out of the network for now, as far as it can tell: then its tables may be old, and whoever was
   * removed since would still get secrets by them.
   */
  readonly isOut: () => boolean;
  /** What this node holds of the network's key; empty when it has no share. */
  readonly shares: () => readonly HeldShare[];
}

const { string, integer, listOf } = plain;

export function partialRoutes(facts: PartialFacts): readonly Route[] {
  const maker = createPartialsMaker();
  return [
    {
      method: 'POST',
      path: '/node/partials',
      summary:
        "Partial decryptions of epochs' secrets, for a node on the VN list that proves what it runs (CONF-3)",
      body: objectOf({
        epochs: listOf(objectOf({ epoch: integer, from: integer, digest: string, sealed: string })),
        'evidence?': string,
      }),
      answers: {
        200: {
          description:
            "For each share that this node holds: the network's key with all public shares, and what the share makes of each epoch's secret",
          schema: objectOf({
            answers: listOf(
              objectOf({ key: string, partials: { type: 'object', additionalProperties: string } }),
            ),
          }),
        },
      },
      handle: (request) => partials(facts, maker, request),
    },
  ];
}

async function partials(
  facts: PartialFacts,
  maker: PartialsMaker,
  { request }: RouteRequest,
): Promise<HttpResponse> {
  const [leaf] = request.chain;
  if (leaf === undefined) return anonymous;
  const ask = decodePartialsAsk(request.body);
  if (ask === undefined) return malformed;
  const nodeId = leaf.publicKey.fingerprint;
  const { view, tables } = facts.known();
  const refusal = secretsRefusal(view, tables, nodeId);
  if (refusal !== undefined) return failure(403, refusal.code, refusal.sentence);
  if (facts.isOut()) return out;
  const shares = facts.shares().slice(0, partialAnswersMax);
  if (shares.length === 0) return noShare;
  if (!maker.isFree(nodeId)) return busy;
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
  const made = await maker.make(nodeId, shares, ask.epochs);
  const answers = shares.map(({ key }, index) => ({
    key: toBase64(encodeThresholdKey(key)),
    partials: Object.fromEntries(made[index] ?? []),
  }));
  return json(200, { answers });
}

const anonymous = failure(
  401,
  'COCO_SECRETS_UNLISTED',
  'secrets of the ledger are for nodes on the VN list: connect with the certificate of one',
);
const malformed = failure(
  400,
  'COCO_SECRETS_REQUEST',
  `ask for 1 to ${partialEpochsMax} different epochs, each with its number, first entry, digest and ciphertext`,
);
const noShare = failure(
  503,
  'COCO_SECRETS_NO_SHARE',
  "this node holds no share of the network's key as it is now; ask another node",
  { 'retry-after': '2' },
);
const busy = failure(
  429,
  'COCO_SECRETS_BUSY',
  'partial decryptions are being made for this node already, or for too many others; ask again',
  { 'retry-after': '2' },
);
const out = failure(
  503,
  'COCO_SECRETS_OUT',
  'this node is out of the network itself until it renews its lease, and cannot know who may have secrets; ask another node',
  { 'retry-after': '2' },
);
