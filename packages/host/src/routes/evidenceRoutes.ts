/**
 * Evidence of this node for whoever asks, and by what it is judged (SEC-3), on both doors; and nonces for nodes that are to prove themselves to this one.
 */
import { CocoError, fromHex, toBase64, toHex } from '@coco/primitives';
import type { Challenges } from '../attestation/challenges.js';
import type { OwnEvidence } from '../attestation/ownEvidence.js';
import type { HttpResponse } from '../http.js';
import { failure, json } from './answers.js';
import type { NetworkFacts } from './networkRoutes.js';
import type { Route, RouteRequest } from './route.js';
import { objectOf, plain } from './schemas.js';

export interface EvidenceFacts {
  readonly evidence: OwnEvidence;
  /** Lower-case hex SHA-256 of the service's certificate (DER). */
  readonly serviceFingerprint: string;
}

export interface ChallengeFacts extends Pick<NetworkFacts, 'network'> {
  readonly challenges: Challenges;
}

const { string } = plain;
const nonceBytesMin = 16;
const nonceBytesMax = 64;

export function evidenceRoute(facts: EvidenceFacts): Route {
  return {
    method: 'GET',
    path: '/node/evidence',
    summary: 'Proof of what this node runs, bound to a nonce of yours and to this connection',
    query: [
      {
        name: 'nonce',
        description: '16 to 64 bytes in hexadecimal, made at random for this',
        required: true,
        schema: string,
      },
    ],
    answers: {
      200: {
        description: 'A CMW collection (RFC 9999) in base64; purpose "client"',
        schema: objectOf({ platform: string, evidence: string }),
      },
    },
    handle: (request) => evidenceFor(facts, request),
  };
}

async function evidenceFor(
  { evidence, serviceFingerprint }: EvidenceFacts,
  { query, request }: RouteRequest,
): Promise<HttpResponse> {
  const nonce = fromHex(query.get('nonce') ?? '');
  if (nonce === undefined || nonce.length < nonceBytesMin || nonce.length > nonceBytesMax) {
    const sentence = 'nonce must be 16 to 64 bytes in lower-case hexadecimal';
    return failure(400, 'InvalidQueryParameterValue', sentence);
  }
  const exporter = request.connection.exporter();
  try {
    const cmw = await evidence.make({
      purpose: 'client',
      network: serviceFingerprint,
      nonce,
      ...(exporter !== undefined && { exporter }),
    });
    return json(200, { platform: evidence.platform, evidence: toBase64(cmw) });
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    return failure(503, error.code, error.message, { 'retry-after': '1' });
  }
}

/** For whoever wants to see them: a verifier that believes the node by what that itself shows must say so. */
export function manifestsRoute({ network }: Pick<NetworkFacts, 'network'>): Route {
  return {
    method: 'GET',
    path: '/node/manifests',
    summary: 'The TEE manifest and the code manifest, as the members have decided them',
    answers: {
      200: {
        description: 'What evidence in this network is judged by',
        schema: objectOf({ manifests: objectOf({ tee: { type: 'object' }, code: { type: 'object' } }) }),
      },
    },
    handle: () => json(200, { manifests: network().manifests }),
  };
}

export function challengeRoute(facts: ChallengeFacts): Route {
  return {
    method: 'POST',
    path: '/node/challenge',
    summary: 'A nonce for a node on the VN list, over which it is to prove what it runs on this connection',
    answers: {
      200: {
        description: 'Good once, within a minute, on this connection',
        schema: objectOf({ nonce: string }),
      },
    },
    handle: ({ request }) => {
      const [leaf] = request.chain;
      const { nodes } = facts.network();
      if (nodes.every(({ nodeId }) => nodeId !== leaf?.publicKey.fingerprint)) {
        const sentence = 'connect with the certificate of a node on the VN list';
        return failure(403, 'COCO_JOIN_NOT_LISTED', sentence, { 'retry-after': '2' });
      }
      return json(200, { nonce: toHex(facts.challenges.give(request.connection)) });
    },
  };
}
