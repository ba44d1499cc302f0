/**
 * What a receipt proves and what not, for people and for programs.
 */
import type { ExpectedReceipt, ProvenReceipt, ReceiptFinding } from '@coco/client';
import type { Certificate } from '@coco/crypto';
import { formatTxId, toHex } from '@coco/primitives';
import { printable } from '../ledger/printable.js';
import { bold, dim, fields, green, red, screenColumns, wrap } from '../terminal.js';

export function receiptText(
  finding: ReceiptFinding,
  service: Certificate,
  expected: ExpectedReceipt,
): string {
  if (!finding.valid) return `${red('●')} ${bold('the receipt is not accepted')}\n\n  ${red(finding.reason)}`;
  const { txId, nodeId, signedIn, claimsDigest, writeSetDigest } = finding;
  const head =
    txId === undefined
      ? 'a signature of the ledger is genuine'
      : `transaction ${formatTxId(txId)} is in the ledger`;
  return [
    `${green('●')} ${bold(head)}`,
    '',
    fields([
      ...(txId === undefined ? [] : [['  transaction', formatTxId(txId)] as const]),
      ...(writeSetDigest === undefined ? [] : [['  its entry', `SHA-256 ${toHex(writeSetDigest)}`] as const]),
      ...(claimsDigest === undefined ? [] : [['  it claims', claimsText(claimsDigest, expected)] as const]),
      ['  Merkle root', toHex(finding.root)],
      ['  signed by', nodeId === undefined ? signedByService(signedIn) : `node ${nodeId}`],
      ['  under service', printable(service.subject.replaceAll('\n', ', '))],
      ['  fingerprint', service.fingerprint],
    ]),
    '',
    '  Proved:',
    ...bullets(provedBy(finding, expected), (line) => line),
    '',
    '  Not proved:',
    ...bullets(notProvedBy(finding, expected), dim),
  ].join('\n');
}

export function receiptJson(
  finding: ReceiptFinding,
  service: Certificate,
  expected: ExpectedReceipt,
): unknown {
  if (!finding.valid) return finding;
  const { txId, signedIn, claimsDigest, writeSetDigest, nodeId, serviceKeyId, format, root } = finding;
  return {
    valid: true,
    format,
    ...(txId !== undefined && { txId: formatTxId(txId) }),
    ...(writeSetDigest !== undefined && { writeSetDigest: toHex(writeSetDigest) }),
    ...(claimsDigest !== undefined && { claimsDigest: toHex(claimsDigest) }),
    root: toHex(root),
    ...(nodeId !== undefined && { nodeId }),
    ...(signedIn !== undefined && { signedIn: formatTxId(signedIn) }),
    service: { fingerprint: service.fingerprint, subject: service.subject, keyId: serviceKeyId },
    proved: provedBy(finding, expected),
    notProved: notProvedBy(finding, expected),
  };
}

function signedByService(signedIn: ProvenReceipt['signedIn']): string {
  return `the service’s own key${signedIn === undefined ? '' : `, in the signature ${formatTxId(signedIn)}`}`;
}

function claimsText(digest: Uint8Array, expected: ExpectedReceipt): string {
  if (isNothing(digest)) return 'nothing';
  return `SHA-256 ${toHex(digest)}${expected.claimsDigest === undefined ? '' : ', as expected'}`;
}

function isNothing(digest: Uint8Array): boolean {
  return digest.every((byte) => byte === 0);
}

function provedBy(proven: ProvenReceipt, { claimsDigest: wanted }: ExpectedReceipt): readonly string[] {
  const { txId, claimsDigest } = proven;
  const signer =
    proven.format === 'json'
      ? 'a node to which this service gave its certificate'
      : 'a holder of the service’s key';
  if (txId === undefined)
    return [`${signer} signed this Merkle root, which covers all of the ledger before it`];
  return [
    `${signer} signed a Merkle root of the ledger that covers transaction ${formatTxId(txId)}`,
    'its entry is the one with this SHA-256: not a bit of it can be another',
    ...(claimsDigest === undefined || isNothing(claimsDigest)
      ? []
      : [`it claims what has ${wanted === undefined ? 'this' : 'the expected'} SHA-256`]),
    'its commit evidence is told, which nodes that run the right code do only once it is committed for good',
  ];
}

function notProvedBy({ txId, claimsDigest }: ProvenReceipt, expected: ExpectedReceipt): readonly string[] {
  const asked = expected.claimsDigest !== undefined;
  const meaning =
    claimsDigest === undefined || isNothing(claimsDigest)
      ? 'what the transaction did: its entry is named by its hash alone'
      : `what the transaction did${asked ? ' beyond what it claims' : ', and what it claims: both are named by hashes alone'}`;
  return [
    ...(txId === undefined
      ? ['which transaction this is: the receipt of a signature names only its root']
      : [meaning]),
    'when it took place, and what followed it',
    'that the nodes ran the code that they should: that is for coco verify',
    'that the certificate is that of the service that you mean: compare its fingerprint with one that you trust',
  ];
}

function bullets(sentences: readonly string[], style: (line: string) => string): readonly string[] {
  return sentences.flatMap((sentence) =>
    wrap(sentence, screenColumns - 4).map((line, index) => style(`${index === 0 ? '  – ' : '    '}${line}`)),
  );
}
