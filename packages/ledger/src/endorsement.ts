/**
 * How a service vouches for the one whose ledger it took over after a disaster: the row of
 * `public:ccf.internal.previous_service_identity_endorsement`, in CCF's format.
 *
 *     {"endorsement": base64 of a COSE_Sign1 by the endorsing service, "endorsing_key": base64 of its public key (DER),
 *      "endorsement_epoch_begin": "<first TxID of the endorsed service>", "endorsement_epoch_end": "<its last>",
 *      "previous_version"?: seqno of the row with the endorsement before this one}
 *
 *     COSE protected header = {1: alg, 15: {6: iat}, "ccf.v1": {"epoch.start.txid", "epoch.end.txid", "epoch.end.merkle.root"}},
 *     payload = the endorsed public key (DER)
 */
import { coseDecode, coseSign1, coseVerify, type PublicKey, publicKeyFromDer } from '@coco/crypto';
import {
  CocoError,
  formatTxId,
  fromBase64,
  fromUtf8,
  type Seqno,
  type TxId,
  toBase64,
  utf8,
} from '@coco/primitives';
import { coseLabels } from './signature.js';
import type { LedgerIdentity } from './types.js';

/** What is endorsed, and by whom. */
export interface EndorsementInput {
  readonly service: Pick<LedgerIdentity, 'serviceKey' | 'serviceCertificate'>;
  readonly endorsed: PublicKey;
  /** The first and the last entry of the endorsed service. */
  readonly from: TxId;
  readonly to: TxId;
  /** The Merkle root over all entries up to `to`: 32 bytes. */
  readonly root: Uint8Array;
  /** Where the endorsement is that the endorsed service itself had made, if it had. */
  readonly previousVersion?: Seqno;
  /** Seconds since 1970; says nothing to whoever verifies. */
  readonly issuedAtSeconds: number;
}

/** The value of the row. */
export function encodeEndorsement(input: EndorsementInput): Uint8Array {
  const { service, endorsed, from, to, root, previousVersion, issuedAtSeconds } = input;
  const endorsement = coseSign1({
    protectedHeader: new Map<unknown, unknown>([
      [coseLabels.claims, new Map([[6, issuedAtSeconds]])],
      [
        coseLabels.ccf,
        new Map<unknown, unknown>([
          ['epoch.start.txid', formatTxId(from)],
          ['epoch.end.txid', formatTxId(to)],
          ['epoch.end.merkle.root', root],
        ]),
      ],
    ]),
    payload: endorsed.der,
    key: service.serviceKey,
  });
  const row = {
    endorsement: toBase64(endorsement),
    endorsing_key: toBase64(service.serviceCertificate.publicKey.der),
    endorsement_epoch_begin: formatTxId(from),
    endorsement_epoch_end: formatTxId(to),
    ...(previousVersion !== undefined && { previous_version: previousVersion }),
  };
  return utf8(JSON.stringify(row));
}

/** The keys of both services; undefined when `value` is no such row, or the endorsing key did not sign it. */
export function readEndorsement(
  value: Uint8Array,
): { readonly endorsing: PublicKey; readonly endorsed: PublicKey } | undefined {
  try {
    const row = JSON.parse(fromUtf8(value) ?? '') as Readonly<Record<string, unknown>>;
    const key = fromBase64(String(row['endorsing_key']));
    const endorsement = fromBase64(String(row['endorsement']));
    if (key === undefined || endorsement === undefined) return undefined;
    const endorsing = publicKeyFromDer(key);
    const message = coseDecode(endorsement);
    if (message.payload === undefined || !coseVerify(message, endorsing)) return undefined;
    return { endorsing, endorsed: publicKeyFromDer(message.payload) };
  } catch (error) {
    if (error instanceof CocoError || error instanceof SyntaxError || error instanceof TypeError)
      return undefined;
    throw error;
  }
}
