/**
 * Asks for a node's part in its network once it has started, and proves what it runs: any node, again and again, until the node sees itself
 * Trusted in its own copy of the governance tables. Every answer also names the nodes that take part, which may be others
 * than those of the snapshot.
 */
import { type Certificate, type PrivateKey, parseCertificate } from '@coco/crypto';
import type { LedgerSecret } from '@coco/ledger';
import { CocoError, type Seqno } from '@coco/primitives';
import { type Address, parseAddress } from './address.js';
import { askNetwork, distinctAddresses, pause, type Waiting } from './askNetwork.js';
import type { OwnEvidence } from './attestation/ownEvidence.js';
import { askProving } from './attestation/proveOverHttps.js';
import { decodeAdmitted, encodeJoinAsk } from './joinProtocol.js';
import type { NodeMembership, PeerNode } from './nodeSecrets.js';

export interface AdmissionOptions {
  /** Where it joined, if the configuration still says so. */
  readonly peer: Address | undefined;
  readonly membership: NodeMembership;
  readonly key: PrivateKey;
  readonly evidence: OwnEvidence;
  /** The last entry that the node had when it started. */
  readonly startupSeqno: Seqno;
  /** Whether the node sees itself Trusted, as committed. */
  readonly isTakenIn: () => boolean;
  /** These take part now. */
  readonly onNodes: (nodes: readonly PeerNode[]) => void;
  /** The secrets of the ledger, among which may be some that are newer than those it has: to be wiped. */
  readonly onSecrets: (secrets: readonly LedgerSecret[]) => void;
  readonly onWaiting: (waiting: Waiting) => void;
  /** It will not be taken in, whatever it waits for. */
  readonly onRefused: (error: CocoError) => void;
  /** Between two questions. Default 1000. */
  readonly pauseMs?: number;
}

/** Begins to ask; the result ends it. */
export function askForAdmission(options: AdmissionOptions): () => void {
  const end = new AbortController();
  void run(options, end.signal).catch((error: unknown) => {
    if (end.signal.aborted) return;
    const known = error instanceof CocoError;
    options.onRefused(known ? error : new CocoError('COCO_JOIN_UNREACHABLE', String(error)));
  });
  return () => end.abort();
}

/** No constitution's digest: the node is refused, and its operator asked. */
const notApproved = '0'.repeat(64);

async function run(options: AdmissionOptions, signal: AbortSignal): Promise<void> {
  const { membership, key, evidence, startupSeqno, pauseMs = 1000 } = options;
  const service = parseCertificate(membership.serviceCertificatePem);
  const certificate: Certificate = parseCertificate(membership.certificatePem);
  const constitutionDigest = membership.joined?.constitutionDigest ?? notApproved;
  const { platform } = evidence;
  const ask = { phase: 'ready', constitutionDigest, platform, startupSeqno } as const;
  const proving = {
    path: '/node/join',
    body: (proof?: string) => encodeJoinAsk(ask, proof),
    evidence,
    purpose: 'join',
  } as const;
  let nodes = membership.joined?.nodes ?? [];
  while (!options.isTakenIn()) {
    const answer = await askNetwork((session) => askProving(session, proving), {
      pin: {
        serviceFingerprint: service.fingerprint,
        identity: { key, certificate },
        timeoutMs: 60_000,
        nowMs: Date.now,
        signal,
      },
      addresses: () =>
        distinctAddresses([
          options.peer,
          ...nodes.map(({ administrativeAddress }) => parseAddress(administrativeAddress)),
        ]),
      onWaiting: options.onWaiting,
    });
    const admitted = decodeAdmitted(answer.body);
    nodes = admitted.nodes;
    options.onNodes(nodes);
    if (admitted.ledgerSecrets !== undefined) options.onSecrets(admitted.ledgerSecrets);
    await pause(pauseMs, signal);
  }
}
