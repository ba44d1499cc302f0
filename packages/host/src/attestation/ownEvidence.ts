/**
 * Evidence about this node, for whoever may ask. The code is measured once, when it is first needed; little evidence is made at
 * a time, since hardware is slow. Clients come last, and when too many wait they
 * are told to come again: nobody who only asks often can keep the node from its peers or from its lease.
 */
import {
  type Evidence,
  encodeEvidence,
  type Platform,
  type Purpose,
  type RuntimeClaims,
} from '@coco/attestation';
import { randomBytes } from '@coco/crypto';
import { CocoError, fromHex, type NodeId } from '@coco/primitives';

/** The device, as far as it is asked here. */
export interface EvidenceSource {
  readonly platform: Platform;
  /** Every screen that shows the platform says so. */
  readonly provesNothing: boolean;
  attest(claims: RuntimeClaims): Promise<Evidence>;
}

export interface OwnEvidenceOptions {
  readonly nodeId: NodeId;
  readonly attester: EvidenceSource;
  /** Digest of the code tree, 32 bytes. */
  readonly measureCode: () => Promise<Uint8Array>;
  /** X25519, 32 bytes. */
  readonly shareKey: Uint8Array;
  /** Makes the key, X25519 as well, to which secrets of the ledger are to be sealed from now on: for each lease another. */
  readonly newEpochKey?: () => Uint8Array;
  /** How long it took, in milliseconds, besides waiting. */
  readonly onMade?: (ms: number) => void;
}

/** What evidence is asked for. */
export interface EvidenceRequest {
  readonly purpose: Purpose;
  /** Lower-case hex SHA-256 of the service's certificate (DER), once the network is known. */
  readonly network?: string;
  readonly nonce?: Uint8Array;
  readonly exporter?: Uint8Array;
}

export interface OwnEvidence {
  readonly platform: Platform;
  readonly provesNothing: boolean;
  /** A CMW. COCO_HOST_EVIDENCE_BUSY, and what the device fails with. */
  make(asked: EvidenceRequest): Promise<Uint8Array>;
}

/** What is recorded by the network. */
function isForLease(purpose: Purpose): boolean {
  return purpose === 'join' || purpose === 'lease';
}

const clientsWaitingMax = 64;
/** Devices that cannot do two things at once see to that themselves. */
const atOnceMax = 2;

export function createOwnEvidence(options: OwnEvidenceOptions): OwnEvidence {
  const { attester, nodeId, shareKey, newEpochKey } = options;
  const nodeKey = fromHex(nodeId) as Uint8Array;
  /** Says that the process is another one than before. */
  const instance = randomBytes(16);
  let code: Promise<Uint8Array> | undefined;
  const queues: Record<'node' | 'client', (() => Promise<void>)[]> = { node: [], client: [] };
  let running = 0;

  async function run(): Promise<void> {
    if (running >= atOnceMax) return;
    running++;
    for (;;) {
      const next = queues.node.shift() ?? queues.client.shift();
      if (next === undefined) break;
      await next();
    }
    running--;
  }

  function measured(): Promise<Uint8Array> {
    code ??= options.measureCode().catch((error: unknown) => {
      // Somebody may mend it while the node runs.
      code = undefined;
      throw error;
    });
    return code;
  }

  async function makeNow({ network, ...asked }: EvidenceRequest): Promise<Uint8Array> {
    const digest = await measured();
    const startedMs = performance.now();
    const claims: RuntimeClaims = {
      ...asked,
      ...(network !== undefined && { network: fromHex(network) as Uint8Array }),
      nodeKey,
      shareKey,
      ...(isForLease(asked.purpose) && newEpochKey !== undefined && { epochKey: newEpochKey() }),
      code: digest,
      instance,
    };
    const evidence = encodeEvidence(await attester.attest(claims));
    options.onMade?.(performance.now() - startedMs);
    return evidence;
  }

  return {
    platform: attester.platform,
    provesNothing: attester.provesNothing,
    make(asked) {
      const queue = queues[asked.purpose === 'client' ? 'client' : 'node'];
      if (queue === queues.client && queue.length >= clientsWaitingMax) {
        const sentence = 'too many ask this node for evidence at the moment; try again';
        return Promise.reject(new CocoError('COCO_HOST_EVIDENCE_BUSY', sentence));
      }
      return new Promise((resolve, reject) => {
        queue.push(() => makeNow(asked).then(resolve, reject));
        void run();
      });
    },
  };
}
