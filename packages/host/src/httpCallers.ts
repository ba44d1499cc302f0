/**
 * Who is calling, by the certificate that the connection was made with. TLS has proved that the caller holds its
 * private key; who the caller is follows from the list of actors alone, by the certificate's fingerprint, whoever
 * issued it. The list can change while connections are open: a removed actor has no access from the next request
 * on (GOV-7).
 */
import type { TLSSocket } from 'node:tls';
import type { Caller } from '@coco/adapter';
import { parseCertificate, sha256 } from '@coco/crypto';
import { toHex } from '@coco/primitives';
import { plainBytes } from './plainBytes.js';

/** An organisation as the constitution lists it. */
export interface Actor {
  readonly certificatePem: string;
  readonly name: string;
}

export interface Actors {
  readonly members: readonly Actor[];
  readonly participants: readonly Actor[];
}

/** A caller, or in one sentence why there is none. */
export type Identified = { readonly caller: Caller } | { readonly refused: string };

export interface Callers {
  identify(socket: TLSSocket): Identified;
  setActors(actors: Actors): void;
}

export interface CallersOptions {
  readonly actors: Actors;
  /** Callers without a certificate are let in, as anonymous. */
  readonly admitAnonymous: boolean;
  /** Milliseconds since 1970, for the validity of certificates. */
  readonly nowMs: () => number;
}

interface KnownActor {
  readonly caller: Caller;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export function createCallers({ actors, admitAnonymous, nowMs }: CallersOptions): Callers {
  let known = byFingerprint(actors);
  const fingerprints = new WeakMap<TLSSocket, string>();
  return {
    identify(socket) {
      const fingerprint = fingerprints.get(socket) ?? fingerprintOf(socket);
      fingerprints.set(socket, fingerprint);
      if (fingerprint === '') {
        return admitAnonymous
          ? { caller: { kind: 'anonymous' } }
          : { refused: 'a client certificate of a member or participant is needed' };
      }
      const actor = known.get(fingerprint);
      if (actor === undefined)
        return { refused: 'the client certificate is not one of a member or participant' };
      const now = nowMs();
      if (now < actor.notBeforeMs || now > actor.notAfterMs) {
        return { refused: 'the client certificate is not valid now' };
      }
      return { caller: actor.caller };
    },
    setActors(changed) {
      known = byFingerprint(changed);
    },
  };
}

function byFingerprint({ members, participants }: Actors): ReadonlyMap<string, KnownActor> {
  const known = new Map<string, KnownActor>();
  const add = (kind: 'member' | 'participant', { certificatePem, name }: Actor): void => {
    const { fingerprint, notBeforeMs, notAfterMs } = parseCertificate(certificatePem);
    known.set(fingerprint, { caller: { kind, id: fingerprint, subject: name }, notBeforeMs, notAfterMs });
  };
  for (const actor of participants) add('participant', actor);
  for (const actor of members) add('member', actor);
  return known;
}

function fingerprintOf(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? '' : toHex(sha256(plainBytes(certificate.raw)));
}
