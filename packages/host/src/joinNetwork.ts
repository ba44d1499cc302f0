/**
 * A node joins a network that runs (NET-1, NET-4): it knows the address of a node and the fingerprint of the service's
 * certificate, and nothing else.
 *
 * 1. It makes its key, and a certificate with evidence of what it runs. 2. It shows the constitution to its operator, who
 * approves it before anything is fetched (GOV-8). The digest is calculated from the rows that the node sent, as are the summary
 * and the manifests: whoever approves a digest approves these manifests and no others. 3. The node that it asks proves, by these
 * manifests, what it runs. 4. It asks for the secrets, and proves what it runs itself, until it is on the VN list; it seals
 * them. 5. It fetches a snapshot, in as many pieces as it takes, and checks its receipt. What is done is on disk, each step before the next: whoever calls this
 * again after a crash goes on where it stopped. Then the node is started, and asks for its part (admission.ts).
 */
import { existsSync, readdirSync } from 'node:fs';
import type { Manifests } from '@coco/attestation';
import { type Certificate, isIssuedBy, parseCertificate, privateKeyFromPem } from '@coco/crypto';
import { parseChunkName } from '@coco/ledger';
import { CocoError, type NodeId, type Seqno } from '@coco/primitives';
import { parseAddress } from './address.js';
import { type AskOptions, askNetwork, distinctAddresses, type Waiting } from './askNetwork.js';
import { checkNode, type ProvedNode } from './attestation/checkNode.js';
import { openOwnEvidence } from './attestation/openOwnEvidence.js';
import type { OwnEvidence } from './attestation/ownEvidence.js';
import { askProving } from './attestation/proveOverHttps.js';
import type { NodeConfig } from './config.js';
import { type ReadConstitution, readConstitutionRows } from './constitutionRows.js';
import { createEpochKeys } from './custody/epochKeys.js';
import { fetchSnapshot, genuineSnapshot } from './fetchSnapshot.js';
import { decodeJoinSecrets, encodeJoinAsk, type JoinSecrets } from './joinProtocol.js';
import type { Log } from './log.js';
import { attestedIdentity, createNodeIdentityFiles, type NodeIdentity } from './nodeIdentity.js';
import {
  loadMembership,
  loadNodeSecrets,
  type NodeMembership,
  saveMembership,
  saveNodeSecrets,
  wipeLedgerSecrets,
} from './nodeSecrets.js';
import type { Sealer } from './sealer.js';

/** What the operator is shown. */
export interface ShownConstitution {
  /** Names every row of every policy: two constitutions with the same digest are the same. */
  readonly digest: string;
  /**
   * Members, participants, voting policies, manifests and the rest, as `GET /gov/coco/constitution` has them: calculated here,
   * from the rows to which the digest belongs.
   */
  readonly summary: ReadConstitution['summary'];
}

export type JoinProgress =
  | { readonly type: 'identity'; readonly nodeId: NodeId }
  | { readonly type: 'approved'; readonly digest: string }
  | ({ readonly type: 'waiting' } & Waiting)
  /** What the node that is asked for secrets runs, and what that proves. */
  | ({ readonly type: 'proved' } & ProvedNode)
  | { readonly type: 'secrets' }
  | { readonly type: 'snapshot'; readonly name: string; readonly bytes: number; readonly size: number }
  | { readonly type: 'joined'; readonly snapshot: Seqno };

export interface JoinOptions {
  readonly config: Pick<NodeConfig, 'join' | 'directories' | 'nodeId' | 'attestation' | 'adapters'>;
  readonly sealer: Sealer;
  /** Asked when the constitution is not the one of the configuration, or that has none. Default: no. */
  readonly approve?: (shown: ShownConstitution) => Promise<boolean> | boolean;
  readonly onProgress?: (progress: JoinProgress) => void;
  /** What the device of the platform has to say. Default: nowhere. */
  readonly log?: Log;
  readonly signal?: AbortSignal;
  readonly nowMs?: () => number;
  /** The longest pause between two tries. Default 5000. */
  readonly retryMsMax?: number;
}

export interface JoinedNode {
  readonly nodeId: NodeId;
}

/** Of silence: hardware can take a while to make evidence. */
const timeoutMs = 60_000;

/**
 * Does what is left to do until `startNode` can start the node; waits for as long as it takes until it is on the VN list.
 * COCO_JOIN_*, COCO_HOST_*.
 */
export async function joinNetwork(options: JoinOptions): Promise<JoinedNode> {
  const { config, sealer } = options;
  const { sealed } = config.directories;
  if (config.join === undefined) {
    throw new CocoError('COCO_HOST_CONFIG', 'configuration: join is missing', { path: 'join' });
  }
  const identity = createNodeIdentityFiles({ directory: sealed, sealer, nowMs: now(options) });
  options.onProgress?.({ type: 'identity', nodeId: identity.nodeId });
  if (config.nodeId !== undefined && config.nodeId !== identity.nodeId) {
    throw new CocoError('COCO_HOST_SECRETS', 'the sealed node key is not the one of the configured nodeId');
  }
  const membership = await approvedMembership(options, identity);
  if (!isComplete(options, membership)) {
    // Nothing is sealed to this one: the node has another when it starts.
    const epochKeys = createEpochKeys(() => performance.now());
    const evidence = openOwnEvidence({ config, identity, epochKeys, log: options.log ?? noLog });
    const attested = await attestedIdentity(identity, evidence, { directory: sealed, nowMs: now(options) });
    await complete({ options, identity: attested, evidence }, membership);
  }
  return { nodeId: identity.nodeId };
}

/** A node that joins. */
interface Joiner {
  readonly options: JoinOptions;
  readonly identity: NodeIdentity;
  readonly evidence: OwnEvidence;
}

/** What its operator has approved. */
interface Approved {
  readonly constitutionDigest: string;
  readonly manifests: Manifests;
}

/**
 * The membership that a run before has left. When the network did not take the node in because its members had changed the
 * constitution, the operator approves what it is now.
 */
async function approvedMembership(
  options: JoinOptions,
  identity: NodeIdentity,
): Promise<NodeMembership | undefined> {
  const { sealer, config, onProgress } = options;
  const { sealed } = config.directories;
  const membership = loadMembership(sealed, sealer);
  if (membership?.joined === undefined || membership.joined.constitutionDigest !== undefined)
    return membership;
  const anew = await approve(options, identity);
  onProgress?.({ type: 'approved', digest: anew.constitutionDigest });
  const approved = { ...membership, joined: { ...membership.joined, ...anew } };
  saveMembership(sealed, sealer, approved);
  return approved;
}

function now({ nowMs }: JoinOptions): number {
  return (nowMs ?? Date.now)();
}

const ignore = (): void => undefined;
const noLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Whether the node has all that it needs in order to start. */
function isComplete({ config, sealer }: JoinOptions, membership: NodeMembership | undefined): boolean {
  const { ledger, sealed, snapshots } = config.directories;
  const hasLedger =
    existsSync(ledger) && readdirSync(ledger).some((name) => parseChunkName(name) !== undefined);
  if (membership === undefined) {
    if (!hasLedger) return false;
    const sentence = `${ledger} holds a ledger already: a node joins with an empty one`;
    throw new CocoError('COCO_JOIN_LEDGER', sentence, { directory: ledger });
  }
  if (hasLedger) return true;
  const serviceCertificate = parseCertificate(membership.serviceCertificatePem);
  wipeLedgerSecrets(loadNodeSecrets(sealed, sealer).ledgerSecrets);
  return genuineSnapshot(snapshots, serviceCertificate) !== undefined;
}

async function complete(joiner: Joiner, before: NodeMembership | undefined): Promise<void> {
  const { options, identity } = joiner;
  const { config, onProgress } = options;
  let approved = approvedBefore(before);
  for (;;) {
    approved ??= await approve(options, identity);
    onProgress?.({ type: 'approved', digest: approved.constitutionDigest });
    const secrets = await getSecrets(joiner, approved);
    if (secrets !== undefined) {
      const { serviceCertificate, given } = secrets;
      keep(options, identity, given, approved);
      wipeLedgerSecrets(given.ledgerSecrets);
      onProgress?.({ type: 'secrets' });
      const nodes = given.nodes.map(({ administrativeAddress }) => parseAddress(administrativeAddress));
      const seqno = await fetchSnapshot({
        directory: config.directories.snapshots,
        ask: askOptions(options, identity, nodes),
        serviceCertificate,
        minimumSeqno: given.minimumSeqno,
        ...(onProgress && { onProgress: (progress) => onProgress({ type: 'snapshot', ...progress }) }),
      });
      onProgress?.({ type: 'joined', snapshot: seqno });
      return;
    }
    // The members have changed the constitution since.
    approved = undefined;
  }
}

function approvedBefore(membership: NodeMembership | undefined): Approved | undefined {
  const { constitutionDigest, manifests } = membership?.joined ?? {};
  return constitutionDigest === undefined || manifests === undefined
    ? undefined
    : { constitutionDigest, manifests };
}

function askOptions(
  options: JoinOptions,
  { key, certificate }: NodeIdentity,
  nodes: readonly ReturnType<typeof parseAddress>[] = [],
): AskOptions {
  const { config, signal, onProgress, retryMsMax } = options;
  const { peer, serviceFingerprint } = config.join as NonNullable<NodeConfig['join']>;
  return {
    pin: {
      serviceFingerprint,
      identity: { key, certificate },
      timeoutMs,
      nowMs: () => now(options),
      ...(signal && { signal }),
    },
    addresses: () => distinctAddresses([peer, ...nodes]),
    ...(onProgress && { onWaiting: (waiting) => onProgress({ type: 'waiting', ...waiting }) }),
    ...(retryMsMax !== undefined && { retryMsMax }),
  };
}

/** Shows the constitution; what was approved by it. COCO_JOIN_DECLINED, COCO_JOIN_CONSTITUTION. */
async function approve(options: JoinOptions, identity: NodeIdentity): Promise<Approved> {
  const { body } = await askNetwork(
    { method: 'GET', path: '/node/constitution' },
    askOptions(options, identity),
  );
  const { digest, summary, manifests } = readConstitutionRows(body);
  const approved = { constitutionDigest: digest, manifests };
  const expected = options.config.join?.constitutionDigest;
  if (digest === expected) return approved;
  if (options.approve !== undefined) {
    if (await options.approve({ digest, summary })) return approved;
    throw new CocoError('COCO_JOIN_DECLINED', 'the constitution was not approved: nothing was fetched');
  }
  const than = expected === undefined ? 'and nobody is there to approve it' : `and not ${expected}`;
  const sentence = `the constitution is ${digest}, ${than}`;
  throw new CocoError('COCO_JOIN_CONSTITUTION', sentence, { digest });
}

interface Given {
  readonly serviceCertificate: Certificate;
  readonly given: JoinSecrets;
}

/** Undefined when the constitution is not the approved one any more. */
async function getSecrets(joiner: Joiner, approved: Approved): Promise<Given | undefined> {
  const { options, identity, evidence } = joiner;
  const { constitutionDigest, manifests } = approved;
  const ask = { phase: 'secrets', constitutionDigest, platform: evidence.platform } as const;
  try {
    const answer = await askNetwork(
      (session) =>
        askProving(session, {
          path: '/node/join',
          body: (proof) => encodeJoinAsk(ask, proof),
          evidence,
          purpose: 'join',
          checkNode: async (node) => {
            const proved = await checkNode(node, manifests, () => now(options));
            options.onProgress?.({ type: 'proved', ...proved });
          },
        }),
      askOptions(options, identity),
    );
    const given = decodeJoinSecrets(answer.body);
    checkGiven(given, answer.serviceCertificate, identity);
    return { serviceCertificate: answer.serviceCertificate, given };
  } catch (error) {
    if (error instanceof CocoError && error.code === 'COCO_JOIN_CONSTITUTION') return undefined;
    throw error;
  }
}

/** What was given must fit what is pinned: a key that is another service's would never sign anything that holds. */
function checkGiven(given: JoinSecrets, service: Certificate, { nodeId }: NodeIdentity): void {
  const refused = (field: string): CocoError =>
    new CocoError('COCO_JOIN_ANSWER', `the node's answer does not fit the service: ${field}`, { field });
  try {
    const key = privateKeyFromPem(given.serviceKeyPem);
    if (key.publicKey.fingerprint !== service.publicKey.fingerprint) throw refused('service_key');
    if (parseCertificate(given.serviceCertificatePem).fingerprint !== service.fingerprint) {
      throw refused('service_certificate');
    }
    const own = parseCertificate(given.certificatePem);
    if (own.publicKey.fingerprint !== nodeId || !isIssuedBy(own, service)) throw refused('node_certificate');
  } catch (error) {
    if (error instanceof CocoError && error.code === 'COCO_JOIN_ANSWER') throw error;
    throw refused('a key or certificate cannot be read');
  }
}

/** The membership last: with it, everything before is there. */
function keep(options: JoinOptions, { key }: NodeIdentity, given: JoinSecrets, approved: Approved): void {
  const { sealer } = options;
  const { sealed } = options.config.directories;
  saveNodeSecrets(sealed, sealer, {
    nodeKey: key,
    serviceKey: privateKeyFromPem(given.serviceKeyPem),
    ledgerSecrets: given.ledgerSecrets,
  });
  saveMembership(sealed, sealer, {
    serviceCertificatePem: given.serviceCertificatePem,
    certificatePem: given.certificatePem,
    joined: { ...approved, nodes: given.nodes },
  });
}
