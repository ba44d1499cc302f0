/**
 * The administrative door of a node that cannot read its ledger yet: partial decryptions for others, evidence, and for
 * everything else the sentence that says what it waits for.
 */
import { parseCertificate } from '@coco/crypto';
import { identifyActor, type NetworkView } from '@coco/governance';
import { createChallenges } from '../attestation/challenges.js';
import type { OwnEvidence } from '../attestation/ownEvidence.js';
import type { NodeConfig } from '../config.js';
import { type HttpEndpoint, openHttp } from '../http.js';
import type { Log } from '../log.js';
import type { NodeIdentity } from '../nodeIdentity.js';
import type { NodeMembership } from '../nodeSecrets.js';
import { failure } from '../routes/answers.js';
import { challengeRoute, evidenceRoute } from '../routes/evidenceRoutes.js';
import { partialRoutes } from '../routes/partialRoutes.js';
import { createRouter } from '../routes/router.js';
import type { HeldShare } from './partials.js';
import type { PublicState } from './publicState.js';

export interface LockedDoorOptions {
  readonly config: Pick<NodeConfig, 'addresses' | 'limits'>;
  readonly identity: NodeIdentity;
  readonly membership: NodeMembership;
  readonly evidence: OwnEvidence;
  readonly publicState: PublicState;
  readonly view: NetworkView;
  readonly shares: readonly HeldShare[];
  /** What the node waits for, in a sentence: for actors and nodes that are on the lists, or for strangers. */
  readonly why: (isListed: boolean) => string;
  readonly log: Log;
}

/** Two requests of evidence in base64, and some. */
const bodyBytesMax = 2_000_000;

/** COCO_HOST_LISTEN. */
export function openLockedDoor(options: LockedDoorOptions): Promise<HttpEndpoint> {
  const { config, identity, membership, evidence, publicState, view, shares, log } = options;
  const { serviceCertificatePem, certificatePem } = membership;
  const serviceFingerprint = parseCertificate(serviceCertificatePem).fingerprint;
  const network = (): NetworkView => view;
  const challenges = createChallenges(() => performance.now());
  const route = createRouter([
    challengeRoute({ network, challenges }),
    evidenceRoute({ evidence, serviceFingerprint }),
    ...partialRoutes({
      challenges,
      nowMs: Date.now,
      serviceFingerprint,
      known: () => ({ view, tables: publicState.tables }),
      // A network that was down for longer than leases hold comes back through nodes in this place alone: none of them can renew
      // its lease before others have helped it to read its ledger.
      isOut: () => false,
      shares: () => shares,
    }),
  ]);
  return openHttp({
    key: identity.key,
    certificate: parseCertificate(certificatePem),
    serviceCertificatePem,
    network: view,
    identify: identifyActor,
    limits: { ...config.limits, bodyBytesMax },
    log,
    listen: config.addresses.administrative,
    admit: { anonymous: true, strangers: true, nodes: true },
    handle: async (request) =>
      route(request) ??
      failure(
        503,
        'COCO_NODE_LOCKED',
        `this node cannot read its ledger yet, and waits for secrets: ${options.why(request.caller.kind !== 'anonymous')}`,
        { 'retry-after': '2' },
      ),
  });
}
