/**
 * Who is calling, by the certificates that the connection was made with. TLS has proved that the caller holds the
 * private key of the first; who that is follows from the committed view of the network alone. The view can change
 * while connections are open: a removed actor, or a certificate that ends, has no access from that moment on (GOV-7).
 */
import type { TLSSocket } from 'node:tls';
import type { Caller } from '@coco/adapter';
import { type Certificate, parseCertificate } from '@coco/crypto';
import type { IdentifyActor, NetworkView } from '@coco/governance';
import { plainBytes } from './plainBytes.js';

/** A caller and its certificates, leaf first; or in one sentence why there is none. */
export type Identified =
  | { readonly caller: Caller; readonly chain: readonly Certificate[] }
  | { readonly refused: string };

/** Who gets in besides members and participants. */
export interface Admission {
  /** Callers without a certificate, as anonymous. */
  readonly anonymous: boolean;
  /** Callers whose certificate is nobody's, as anonymous too. */
  readonly strangers: boolean;
  /** Nodes on the VN list, by their key. */
  readonly nodes: boolean;
}

export interface CallersOptions {
  readonly network: NetworkView;
  readonly identify: IdentifyActor;
  readonly admit: Admission;
  /** Milliseconds since 1970, for the validity of certificates. */
  readonly nowMs: () => number;
}

export interface Callers {
  identify(socket: TLSSocket): Identified;
  setNetwork(network: NetworkView): void;
  /** Whether whoever was identified on `socket` before is now nobody, or somebody else. */
  hasLostAccess(socket: TLSSocket): boolean;
}

/** What is known of a connection; good for this view until this time. */
interface Known {
  readonly network: NetworkView;
  readonly untilMs: number;
  readonly identified: Identified;
}

/** A stranger is looked at again after this long: a certificate may have begun to be valid. */
const refusedForMs = 1000;

export function createCallers(options: CallersOptions): Callers {
  const { identify, admit, nowMs } = options;
  let { network } = options;
  const chains = new WeakMap<TLSSocket, readonly Certificate[]>();
  const known = new WeakMap<TLSSocket, Known>();
  /** Who was let in on a connection, for as long as it is open. */
  const letIn = new WeakMap<TLSSocket, Caller>();

  function look(chain: readonly Certificate[], now: number): Identified {
    const [leaf] = chain;
    if (leaf === undefined) {
      if (admit.anonymous) return { caller: { kind: 'anonymous' }, chain };
      return { refused: 'a client certificate of a member or participant is needed' };
    }
    const found = identify(network, chain, now);
    if ('caller' in found) return { caller: found.caller, chain };
    if (admit.nodes && isListed(network, leaf)) {
      return { caller: { kind: 'node', id: leaf.publicKey.fingerprint }, chain };
    }
    return admit.strangers ? { caller: { kind: 'anonymous' }, chain } : found;
  }

  function current(socket: TLSSocket): Identified {
    const now = nowMs();
    const before = known.get(socket);
    if (before?.network === network && now < before.untilMs) return before.identified;
    const chain = chains.get(socket) ?? chainOf(socket);
    chains.set(socket, chain);
    const identified = look(chain, now);
    known.set(socket, { network, untilMs: goodUntil(identified, network, now), identified });
    if (!letIn.has(socket) && isSomebody(identified)) letIn.set(socket, identified.caller);
    return identified;
  }

  return {
    identify: current,
    setNetwork(changed) {
      network = changed;
    },
    hasLostAccess(socket) {
      const before = letIn.get(socket);
      if (before === undefined || before.kind === 'anonymous') return false;
      const after = current(socket);
      if (!isSomebody(after)) return true;
      return after.caller.kind !== before.kind || after.caller.id !== before.id;
    },
  };
}

function isListed({ nodes }: NetworkView, { publicKey }: Certificate): boolean {
  return nodes.some(({ nodeId, status }) => nodeId === publicKey.fingerprint && status !== 'Retired');
}

type Somebody = Extract<Identified, { caller: Caller }> & {
  readonly caller: Exclude<Caller, { readonly kind: 'anonymous' }>;
};

function isSomebody(identified: Identified): identified is Somebody {
  return 'caller' in identified && identified.caller.kind !== 'anonymous';
}

/** Until the first of the caller's certificates ends, that of its actor included. */
function goodUntil(identified: Identified, { members, participants }: NetworkView, now: number): number {
  if (!isSomebody(identified)) {
    const { chain } = 'chain' in identified ? identified : { chain: undefined };
    return chain?.length === 0 ? Number.POSITIVE_INFINITY : now + refusedForMs;
  }
  const { caller, chain } = identified;
  if (caller.kind === 'node') return Number.POSITIVE_INFINITY;
  const actor = (caller.kind === 'member' ? members : participants).find(({ id }) => id === caller.id);
  const ends = chain.map(({ notAfterMs }) => notAfterMs);
  if (actor !== undefined) ends.push(parseCertificate(actor.certificatePem).notAfterMs);
  return Math.min(...ends);
}

const chainMax = 8;

/**
 * The certificates that the client sent, leaf first, each the issuer of the one before. Empty when it sent none, or
 * one of a kind that is not known here.
 */
function chainOf(socket: TLSSocket): readonly Certificate[] {
  const chain: Certificate[] = [];
  let sent = socket.getPeerCertificate(true);
  // The platform calls a certificate that issued itself its own issuer.
  const seen = new Set<string>();
  while (sent?.raw !== undefined && chain.length < chainMax && !seen.has(sent.fingerprint256)) {
    seen.add(sent.fingerprint256);
    try {
      chain.push(parseCertificate(plainBytes(sent.raw)));
    } catch {
      break;
    }
    sent = sent.issuerCertificate;
  }
  return chain;
}
