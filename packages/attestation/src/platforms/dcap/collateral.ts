/**
 * Intel's collateral for one quote, as one JSON object of texts. The names are those that other DCAP tools write as well:
 *
 *     pck_crl_issuer_chain         PEM: the authority that issued the PCK (processor or platform), then the root
 *     root_ca_crl                  lower-case hex of the root's CRL (DER)
 *     pck_crl                      lower-case hex of that authority's CRL (DER)
 *     tcb_info_issuer_chain        PEM: TCB signing certificate, root
 *     tcb_info                     the JSON of `tcbInfo` exactly as Intel signed it, version 3
 *     tcb_info_signature           lower-case hex, r || s
 *     qe_identity_issuer_chain     PEM: TCB signing certificate, root
 *     qe_identity                  the JSON of `enclaveIdentity` exactly as Intel signed it, version 2
 *     qe_identity_signature        lower-case hex, r || s
 *
 * All are needed, and no other may be there. Hex is lower-case alone: what is not signed is written in one way.
 */
import { fromHex, fromUtf8, toHex, utf8 } from '@coco/primitives';
import { refused } from '../../refused.js';
import { readCertificates, type X509 } from '../../x509/certificate.js';
import { type Crl, readCrl } from '../../x509/crl.js';
import { type JsonFields, readJson, unusable } from './signedJson.js';

export interface Collateral {
  /** Authority of the PCK, root. */
  readonly pckIssuers: readonly X509[];
  readonly rootCrl: Crl;
  readonly pckCrl: Crl;
  readonly tcbInfo: SignedDocument;
  readonly qeIdentity: SignedDocument;
}

export interface SignedDocument {
  /** TCB signing certificate, root. */
  readonly chain: readonly X509[];
  /** The exact text that is signed. */
  readonly text: string;
  /** r || s. */
  readonly signature: Uint8Array;
}

/** Intel's have 20 KB. */
const collateralBytesMax = 262_144;

const what = 'the collateral';

const fieldNames: ReadonlySet<string> = new Set([
  'pck_crl_issuer_chain',
  'root_ca_crl',
  'pck_crl',
  'tcb_info_issuer_chain',
  'tcb_info',
  'tcb_info_signature',
  'qe_identity_issuer_chain',
  'qe_identity',
  'qe_identity_signature',
]);

/** Parses collateral. Throws COCO_ATTESTATION_COLLATERAL, _TOO_LARGE, _MALFORMED (certificates) and _CRL. */
export function readCollateral(json: Uint8Array): Collateral {
  if (json.length > collateralBytesMax) {
    throw refused(
      'COCO_ATTESTATION_TOO_LARGE',
      `${what} has ${json.length} bytes, which is more than is read`,
      {
        length: json.length,
      },
    );
  }
  const fields = readJson(fromUtf8(json) ?? '', what);
  for (const name of fields.names) {
    if (!fieldNames.has(name)) throw unusable(what, `it has an unknown field ${name.slice(0, 40)}`);
  }
  const chain = (name: string, of: string): readonly X509[] =>
    readCertificates(utf8(fields.text(name, collateralBytesMax)), of, 2);
  const document = (name: string, of: string): SignedDocument => ({
    chain: chain(`${name}_issuer_chain`, `the chain of the signer of ${of}`),
    text: fields.text(name, collateralBytesMax),
    signature: bytesOf(fields, `${name}_signature`),
  });
  return {
    pckIssuers: chain('pck_crl_issuer_chain', 'the chain of the PCK CRL'),
    rootCrl: readCrl(bytesOf(fields, 'root_ca_crl'), 'the root CRL'),
    pckCrl: readCrl(bytesOf(fields, 'pck_crl'), 'the PCK CRL'),
    tcbInfo: document('tcb_info', 'the TCB info'),
    qeIdentity: document('qe_identity', 'the QE identity'),
  };
}

function bytesOf(fields: JsonFields, name: string): Uint8Array {
  const text = fields.text(name, collateralBytesMax);
  const bytes = fromHex(text);
  if (bytes === undefined || toHex(bytes) !== text)
    throw unusable(what, `its field ${name} is not lower-case hex`);
  return bytes;
}
