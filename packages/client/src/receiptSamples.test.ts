/**
 * What the tests of receipts share: a service with a ledger of its own, and receipts of CCF's published ledgers, put together
 * by the steps of CCF's documentation.
 */
import { constants, createHash, createHmac, privateDecrypt, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Certificate,
  type Curve,
  cborEncode,
  coseDecode,
  coseEncode,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  sha256,
} from '@coco/crypto';
import {
  chunkOfBytes,
  createLedger,
  encodeMaps,
  type Ledger,
  type Receipt,
  readLedger,
  recoverLedgerSecrets,
} from '@coco/ledger';
import { concatBytes, formatTxId, fromBase64, fromUtf8, type TxId, toHex, utf8 } from '@coco/primitives';

const validity = { notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2027, 0, 1) };
const serialNumber = new Uint8Array(16).fill(7);
const none = new Uint8Array(0);

export interface Identity {
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

export function makeService(curve: Curve = 'P-256'): Identity {
  const key = generateKeyPair(curve);
  const subject = { subjectCommonName: 'Service', publicKey: key.publicKey, isCa: true, serialNumber };
  return {
    key,
    certificate: issueCertificate({ ...subject, ...validity }, { key, subjectCommonName: 'Service' }),
  };
}

/** A certificate of `service` for `key`: a node's, or that of an earlier identity of the service. */
export function issue(service: Identity, key: PrivateKey, isCa = false): Certificate {
  const subjectCommonName = isCa ? 'Service' : 'Node';
  const request = { subjectCommonName, publicKey: key.publicKey, isCa, serialNumber, ...validity };
  return issueCertificate(request, service);
}

/** What the transaction 2.5 of the ledgers made here claims. */
export const claims = sha256(utf8('what is claimed'));

/** A ledger of 2.1 to 2.9: signatures at 2.2, 2.6 and 2.9, and 2.5 makes a claim. */
export function makeLedger(service: Identity): Ledger {
  const nodeKey = generateKeyPair(service.key.curve);
  const nodeCertificate = issue(service, nodeKey);
  const nodeId = nodeKey.publicKey.fingerprint;
  const ledger = createLedger({
    identity: {
      nodeId,
      nodeKey,
      nodeCertificate,
      serviceKey: service.key,
      serviceCertificate: service.certificate,
    },
    serviceCertificate: service.certificate,
    secrets: [{ fromSeqno: 1, key: new Uint8Array(32).fill(0x5a) }],
  });
  for (let seqno = 1; seqno <= 9; seqno++) {
    if ([2, 6, 9].includes(seqno)) ledger.sign(2);
    else if (seqno === 5)
      ledger.append({ view: 2, publicMaps: none, privateMaps: none, claimsDigest: claims });
    else ledger.append({ view: 2, publicMaps: none, privateMaps: oneRow(`${seqno}`) });
  }
  ledger.compact(9);
  return ledger;
}

function oneRow(value: string): Uint8Array {
  return encodeMaps([{ table: 'app', puts: [{ key: utf8('k'), value: utf8(value) }], removes: [] }]);
}

const data = fileURLToPath(new URL('../../../../shared/data/ccf-ledgers/', import.meta.url));

/** Why tests over CCF's ledgers do not run, or false. */
export const ccfMissing = existsSync(data) ? false : `CCF's ledgers are not at ${data}`;

export interface CcfReceipt {
  readonly txId: TxId;
  readonly json: Receipt;
  /** Absent where the service did not sign. */
  readonly cose?: Uint8Array;
}

/** The receipts of all transactions of a ledger that CCF wrote, by signatures that CCF made. */
export function ccfReceipts(name: string): {
  readonly service: string;
  readonly receipts: readonly CcfReceipt[];
} {
  const files = readdirSync(`${data}${name}/ledger`)
    .filter((file) => file.includes('committed'))
    .map((file) => ({ file, bytes: new Uint8Array(readFileSync(`${data}${name}/ledger/${file}`)) }));
  const sources = files.map(({ file, bytes }) => chunkOfBytes(file, bytes));
  const [secret] = recoverLedgerSecrets(sources, decryptShareOf(`${data}${name}/common/`));
  const commitKey = createHmac('sha256', secret?.key ?? none)
    .update('Commit S')
    .digest();
  const leaves: Uint8Array[] = [new Uint8Array(32)];
  const waiting: { readonly txId: TxId; readonly leaf: readonly [Uint8Array, string, Uint8Array] }[] = [];
  const receipts: CcfReceipt[] = [];
  for (const entry of readLedger(sources)) {
    const { txId, entryType, claimsDigest = new Uint8Array(32), signature, publicWrites } = entry;
    const bytes = files.find(({ file }) => file === entry.file)?.bytes ?? none;
    const writeSet = sha256(bytes.subarray(entry.offset, entry.offset + entry.size));
    const row = (table: string): string | undefined =>
      fromUtf8(publicWrites.find((one) => one.table === table)?.puts[0]?.value ?? none) || undefined;
    if (signature) {
      const signed = JSON.parse(row('public:ccf.internal.signatures') ?? '') as Record<string, string>;
      const cose = row('public:ccf.internal.cose_signatures');
      for (const one of waiting.splice(0)) {
        const path = pathOf(leaves, one.txId.seqno);
        const service = cose === undefined ? undefined : fromBase64(JSON.parse(cose));
        receipts.push({
          txId: one.txId,
          json: jsonOf(signed, one.leaf, path),
          ...(service !== undefined && { cose: coseOf(service, one.leaf, path) }),
        });
      }
    }
    const evidence = `ce:${formatTxId(txId)}:${createHmac('sha256', commitKey).update(formatTxId(txId)).digest('hex')}`;
    if (entryType === 4) {
      leaves.push(sha256(concatBytes(writeSet, sha256(utf8(evidence)), claimsDigest)));
      if (!signature) waiting.push({ txId, leaf: [writeSet, evidence, claimsDigest] });
    } else leaves.push(writeSet);
  }
  return { service: readFileSync(`${data}${name}/common/service_cert.pem`, 'utf8'), receipts };
}

type Step = readonly [left: boolean, hash: Uint8Array];

/** The path from a leaf to the root, by the definition: an odd last node is promoted. */
function pathOf(leaves: readonly Uint8Array[], leaf: number): readonly Step[] {
  const steps: Step[] = [];
  let [level, at] = [leaves, leaf];
  while (level.length > 1) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) steps.push([at % 2 === 1, sibling]);
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const pair = level.slice(i, i + 2);
      above.push(pair.length === 2 ? sha256(concatBytes(...pair)) : (pair[0] as Uint8Array));
    }
    [level, at] = [above, at >> 1];
  }
  return steps;
}

function jsonOf(
  signed: Record<string, string>,
  [writeSet, evidence, digest]: readonly [Uint8Array, string, Uint8Array],
  path: readonly Step[],
): Receipt {
  const { sig = '', cert = '', node = '' } = signed;
  return {
    signature: sig,
    cert,
    node_id: node,
    leaf_components: {
      write_set_digest: toHex(writeSet),
      commit_evidence: evidence,
      claims_digest: toHex(digest),
    },
    proof: path.map(([left, hash]) => (left ? { left: toHex(hash) } : { right: toHex(hash) })),
  };
}

function coseOf(service: Uint8Array, leaf: readonly unknown[], path: readonly Step[]): Uint8Array {
  const proof = new Map<number, unknown>([
    [1, leaf],
    [2, path],
  ]);
  const unprotectedHeader = new Map([[396, new Map([[-1, [cborEncode(proof)]]])]]);
  return coseEncode({ ...coseDecode(service), unprotectedHeader });
}

/** Opens members' shares with the encryption keys that are published beside the ledger. */
function decryptShareOf(common: string): (memberId: string, share: Uint8Array) => Uint8Array | undefined {
  const keys = new Map<string, string>();
  for (const index of [0, 1, 2].filter((one) => existsSync(`${common}member${one}_cert.pem`))) {
    const certificate = new X509Certificate(readFileSync(`${common}member${index}_cert.pem`));
    const id = createHash('sha256').update(certificate.raw).digest('hex');
    keys.set(id, readFileSync(`${common}member${index}_enc_privk.pem`, 'utf8'));
  }
  return (memberId, share) => {
    const key = keys.get(memberId);
    if (key === undefined) return undefined;
    const options = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    return new Uint8Array(privateDecrypt(options, share));
  };
}
