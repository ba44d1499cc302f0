/**
 * What a node does when the network changes: connects to nodes of the newest view, lets in who is in the committed one,
 * shows the certificate that it has now, cuts those whose evidence is not accepted any more, tells members, and asks for its
 * part as long as it has none.
 */
import type { Manifests } from '@coco/attestation';
import { type Certificate, isIssuedBy, parseCertificate } from '@coco/crypto';
import { isQuarantined, type NetworkView, type NodeView } from '@coco/governance';
import { CocoError, type NodeId } from '@coco/primitives';
import type { ReplicaEffects } from '@coco/replica';
import { parseAddress } from './address.js';
import type { Log } from './log.js';
import type { MemberEvents } from './memberEvents.js';
import { networkPeers } from './networkPeers.js';
import type { NodeDoors } from './nodeDoors.js';
import type { NodeMembership, PeerNode } from './nodeSecrets.js';
import type { KnownNode, Peers } from './peers.js';

export interface NodeNetworkOptions {
  readonly nodeId: NodeId;
  readonly log: Pick<Log, 'error'>;
  /** How many of the nodes that take part do so by evidence that is not accepted any more, as committed. */
  readonly distrusted: () => number;
  readonly membership: NodeMembership;
  /** Who takes part at first. */
  readonly network: NetworkView;
  readonly events: Pick<MemberEvents, 'network'>;
  /** For the node's next start. */
  readonly saveMembership: (membership: NodeMembership) => void;
}

/** What follows the network, once it is open. */
export interface Followers {
  readonly peers: Pick<Peers, 'setNodes' | 'setCertificate' | 'demandsChanged'>;
  readonly doors: Pick<NodeDoors, 'setNetwork' | 'setCertificate'>;
}

export class NodeNetwork {
  readonly #options: NodeNetworkOptions;
  readonly #serviceCertificate: Certificate;
  #isPrimary = false;
  #head: NetworkView;
  #committed: NetworkView;
  #membership: NodeMembership;
  /** Nodes that a node that joins or comes back was told of, until it sees for itself. */
  #told: readonly PeerNode[];
  /** What was in force when it was told that they take part. */
  #toldAt: NetworkView | undefined;
  /** The last manifests by which enough nodes could take part to decide anything. */
  #workable: Manifests | undefined;
  #followers: Followers | undefined;

  constructor(options: NodeNetworkOptions) {
    const { network, membership } = options;
    this.#options = options;
    this.#workable = network.manifests;
    this.#head = network;
    this.#committed = network;
    this.#membership = membership;
    this.#told = membership.joined?.nodes ?? [];
    this.#serviceCertificate = parseCertificate(membership.serviceCertificatePem);
    this.#renew();
  }

  get committed(): NetworkView {
    return this.#committed;
  }

  get certificatePem(): string {
    return this.#membership.certificatePem;
  }

  /** Whether this node has a part in the network for good, as far as it knows. */
  get isTakenIn(): boolean {
    return this.#ownIn(this.#committed)?.status === 'Trusted';
  }

  /** This node on the VN list, as committed. */
  get own(): NodeView | undefined {
    return this.#ownIn(this.#committed);
  }

  /**
   * What is accepted as evidence from peers: what the log says, and what is committed. Who is admitted anew may come at once,
   * and nobody is cut off before the members' decision is committed. A node that does not take part yet may have an old ledger,
   * and goes by what its operator approved. Manifests by which no majority of the nodes could go on cut nobody off: nobody
   * could decide anything then, not even to take them back.
   */
  get manifests(): readonly Manifests[] {
    const approved = this.isTakenIn ? undefined : this.#membership.joined?.manifests;
    if (approved !== undefined) return [approved];
    const all = [this.#workable, this.#head.manifests, this.#committed.manifests];
    return [...new Set(all)].filter((one) => one !== undefined);
  }

  /** Looks whether a majority of the nodes is good by the committed manifests. */
  #weigh(): void {
    const trusted = this.#committed.nodes.filter(({ status }) => status === 'Trusted').length;
    const bad = this.#options.distrusted();
    if (2 * (trusted - bad) > trusted || trusted === 0) {
      this.#workable = this.#committed.manifests;
      return;
    }
    const sentence = `the manifests accept the evidence of ${trusted - bad} of ${trusted} nodes only, and no majority could go on: nobody is cut off before enough of them have renewed`;
    this.#options.log.error(sentence, { trusted, distrusted: bad });
  }

  /** Who takes part as the log says, committed or not. */
  get head(): NetworkView {
    return this.#head;
  }

  get leaseSeconds(): number {
    return this.#head.leaseSeconds;
  }

  /** Why `nodeId` is not let in as a peer, where there is more to say than that it is not known. */
  refusalOf(nodeId: NodeId): { readonly code: string; readonly sentence: string } | undefined {
    const node = this.#head.nodes.find((one) => one.nodeId === nodeId);
    if (node?.status !== 'Retired') return undefined;
    if (!isQuarantined(node)) {
      return { code: 'COCO_LEASE_REMOVED', sentence: `node ${nodeId} was removed from the network by vote` };
    }
    const code = node.lease?.state === 'distrusted' ? 'COCO_LEASE_DISTRUSTED' : 'COCO_LEASE_LAPSED';
    const why = node.lease?.reason?.sentence ?? 'its lease is over';
    return { code, sentence: `node ${nodeId} is out of the network until it renews its lease: ${why}` };
  }

  #ownIn({ nodes }: NetworkView): NodeView | undefined {
    return nodes.find(({ nodeId }) => nodeId === this.#options.nodeId);
  }

  /** Whether this node is the primary now: see networkPeers. */
  leads(isPrimary: boolean): void {
    this.#isPrimary = isPrimary;
    this.#followers?.peers.setNodes(this.peers);
  }

  /** Whom to connect to. */
  get peers(): readonly KnownNode[] {
    const known = networkPeers(this.#head, this.#committed, this.#isPrimary);
    if (this.isTakenIn && this.#toldAt !== this.#committed) return known;
    const ids = new Set(known.map(({ nodeId }) => nodeId));
    const told = this.#told.flatMap(({ nodeId, peerAddress }) => {
      const address = parseAddress(peerAddress);
      return address === undefined || ids.has(nodeId) ? [] : [{ nodeId, address }];
    });
    return [...known, ...told];
  }

  /** From now on these follow. */
  follow(followers: Followers): void {
    this.#followers = followers;
    followers.peers.setNodes(this.peers);
    followers.doors.setNetwork(this.#committed);
  }

  changed({ head, committed }: NonNullable<ReplicaEffects['network']>): void {
    const before = this.#demands;
    this.#head = head;
    this.#committed = committed;
    if (this.#isWeighed !== weight(committed)) {
      this.#isWeighed = weight(committed);
      this.#weigh();
    }
    this.#renew();
    this.#followers?.peers.setNodes(this.peers);
    this.#followers?.doors.setNetwork(committed);
    if (this.#demands !== before) this.#followers?.peers.demandsChanged();
    this.#options.events.network(committed);
  }

  /** What the operator approved is not the constitution any more: the next time the node joins, it is asked again. */
  forgetApproval(): void {
    const { joined } = this.#membership;
    if (joined === undefined) return;
    const { constitutionDigest: _, ...rest } = joined;
    this.#membership = { ...this.#membership, joined: rest };
    this.#options.saveMembership(this.#membership);
  }

  /** Of what it was looked last whether a majority is good by it. */
  #isWeighed = '';

  /** What changes when evidence must be judged anew. */
  get #demands(): string {
    return JSON.stringify([this.manifests, this.leaseSeconds]);
  }

  /** A node of the network says that these take part. */
  told(nodes: readonly PeerNode[]): void {
    this.#told = nodes;
    this.#toldAt = this.#committed;
    this.#followers?.peers.setNodes(this.peers);
  }

  /** Shows the certificate that the governance tables have for this node, when it is a new one. */
  #renew(): void {
    const certificatePem = this.#ownIn(this.#head)?.certificatePem;
    if (certificatePem === undefined || certificatePem === this.#membership.certificatePem) return;
    const certificate = this.#usable(certificatePem);
    if (certificate === undefined) return;
    this.#membership = { ...this.#membership, certificatePem };
    this.#options.saveMembership(this.#membership);
    this.#followers?.peers.setCertificate(certificate);
    this.#followers?.doors.setCertificate(certificate);
  }

  #usable(pem: string): Certificate | undefined {
    try {
      const certificate = parseCertificate(pem);
      const isOwn = certificate.publicKey.fingerprint === this.#options.nodeId;
      return isOwn && isIssuedBy(certificate, this.#serviceCertificate) ? certificate : undefined;
    } catch (error) {
      if (error instanceof CocoError) return undefined;
      throw error;
    }
  }
}

/** What decides how many nodes are good: the manifests, and what the nodes have proved. */
function weight({ manifests, nodes }: NetworkView): string {
  return JSON.stringify([
    manifests,
    nodes.map(({ nodeId, status, evidence }) => [nodeId, status, evidence?.codeId]),
  ]);
}
