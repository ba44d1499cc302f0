import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKeyPair, parseCertificate, randomBytes, signDer } from '@coco/crypto';
import type { Receipt } from '@coco/ledger';
import { CocoError, formatTxId, parseTxId, toBase64, toHex, utf8 } from '@coco/primitives';
import { verifyReceiptFile } from './receiptFile.js';
import type { ExpectedReceipt, ReceiptFinding } from './receiptFinding.js';
import { ccfMissing, ccfReceipts, claims, issue, makeLedger, makeService } from './receiptSamples.test.js';
import { rawOfDer } from './receiptSignatures.js';
import { verifyReceipt as verifyInBrowser } from './receiptWeb.js';

const service = makeService();
const ledger = makeLedger(service);
const { pem } = service.certificate;
const jsonOf = (seqno: number): Receipt => ledger.receipt(seqno) as Receipt;
const coseOf = (seqno: number): Uint8Array => ledger.coseReceipt(seqno) as Uint8Array;

/** What both ways of verifying say of a receipt, which must be the same. */
async function find(
  receipt: unknown,
  servicePem = pem,
  expected: ExpectedReceipt = {},
): Promise<ReceiptFinding> {
  const finding = verifyReceiptFile(receipt, servicePem, expected);
  assert.deepEqual(await verifyInBrowser(receipt, servicePem, expected), finding);
  return finding;
}

const reasonOf = async (
  receipt: unknown,
  servicePem = pem,
  expected: ExpectedReceipt = {},
): Promise<string> => {
  const finding = await find(receipt, servicePem, expected);
  return finding.valid ? 'valid' : finding.reason;
};

test('TX-4: a receipt says the same in Node and in a browser, JSON or COSE, parsed or as bytes', async () => {
  for (const curve of ['P-256', 'P-384'] as const) {
    const other = makeService(curve);
    const written = makeLedger(other);
    for (let seqno = 1; seqno <= 9; seqno++) {
      const json = written.receipt(seqno);
      const finding = await find(json, other.certificate.pem);
      assert.ok(finding.valid, JSON.stringify(finding));
      assert.deepEqual(await find(utf8(JSON.stringify(json)), other.certificate.pem), finding);
      assert.equal(finding.nodeId, json?.node_id);
      assert.equal(finding.serviceKeyId, other.key.publicKey.fingerprint);
      const cose = written.coseReceipt(seqno);
      if (cose === undefined) {
        assert.equal(finding.txId, undefined);
        continue;
      }
      const same = await find(cose, other.certificate.pem);
      assert.ok(same.valid && finding.txId?.seqno === seqno);
      const { nodeId: _, ...told } = finding;
      const signedIn = { view: 2, seqno: [2, 6, 9].find((one) => one > seqno) };
      assert.deepEqual(same, { ...told, format: 'cose', signedIn });
    }
  }
});

test('formats 2(c): receipts of ledgers that CCF wrote hold, in Node and in a browser', {
  skip: ccfMissing,
}, async (t) => {
  for (const name of ['acme_containing_service', 'cose_flipflop_service']) {
    const { service: ccf, receipts } = ccfReceipts(name);
    const counts = { json: 0, cose: 0 };
    for (const { txId, json, cose } of receipts) {
      for (const receipt of cose === undefined ? [json] : [json, cose]) {
        const finding = await find(receipt, ccf, { txId });
        assert.ok(finding.valid, `${name} ${formatTxId(txId)}: ${JSON.stringify(finding)}`);
        assert.equal((await reasonOf(receipt)) === 'valid', false);
        counts[finding.format] += 1;
      }
    }
    assert.ok(counts.json > 10, name);
    t.diagnostic(`${name}: ${counts.json} as JSON, ${counts.cose} as COSE`);
  }
});

test('TX-4: each field of a JSON receipt, bent, is refused with a reason', async () => {
  const good = jsonOf(5);
  const parts = good.leaf_components as NonNullable<Receipt['leaf_components']>;
  const leaf = (bent: Partial<typeof parts>): Receipt => ({
    ...good,
    leaf_components: { ...parts, ...bent },
  });
  const [stranger, other] = [generateKeyPair(), makeService()];
  const notSigned = 'the signature is not that of the node over the Merkle root';
  const notIssued = 'the certificate was not issued by the service';
  const strangerCert = { cert: issue(other, stranger).pem, node_id: stranger.publicKey.fingerprint };
  const signature = Buffer.from(good.signature, 'base64');
  const cases: readonly (readonly [bent: unknown, reason: string])[] = [
    [{ ...good, signature: toBase64(signDer(stranger, randomBytes(32))) }, notSigned],
    [{ ...good, signature: `${good.signature}!` }, 'the signature is not base64'],
    [{ ...good, signature: toBase64(rawOf(signature)) }, notSigned],
    [{ ...good, signature: toBase64(paddedOf(signature)) }, notSigned],
    [{ ...good, cert: service.certificate.pem }, 'the certificate is not that of the node'],
    [
      { ...good, cert: good.cert.replaceAll('\n', '\r\n') },
      'the certificate of the node is not canonical PEM',
    ],
    [{ ...good, cert: 'text' }, 'the certificate of the node is not canonical PEM'],
    [{ ...good, cert: pemOf(utf8('text')) }, 'the certificate of the node cannot be read'],
    [{ ...good, node_id: '00'.repeat(32) }, 'the certificate is not that of the node'],
    [{ ...good, ...strangerCert }, notIssued],
    [leaf({ write_set_digest: toHex(randomBytes(32)) }), notSigned],
    [leaf({ commit_evidence: parts.commit_evidence.replace('2.5', '2.7') }), notSigned],
    [leaf({ commit_evidence: 'ce:2.5' }), 'the commit evidence names no transaction'],
    [leaf({ claims_digest: toHex(randomBytes(32)) }), notSigned],
    [leaf({ claims_digest: toHex(claims).toUpperCase() }), 'claims_digest is not a hash in lower-case hex'],
    [{ ...good, proof: good.proof.slice(1) }, notSigned],
    [
      { ...good, proof: [{ left: toHex(claims), right: toHex(claims) }] },
      'a step of the proof has not one side',
    ],
    [
      {
        ...good,
        proof: good.proof.map((step) => ('left' in step ? { right: step.left } : { left: step.right })),
      },
      notSigned,
    ],
    [{ ...good, leaf: toHex(claims) }, 'the receipt must have either a leaf or its components'],
    [{ ...good, service_endorsements: [other.certificate.pem] }, 'the certificates are not a chain'],
    [{ ...good, more: 1 }, 'the receipt has unknown fields'],
    [{ ...jsonOf(6), leaf: toHex(claims) }, notSigned],
    [{ ...jsonOf(6), proof: good.proof }, 'a signed root needs no proof'],
    [null, 'the receipt is not an object'],
    [utf8('{"signature"'), 'it is neither JSON nor tagged COSE'],
    [new Uint8Array(2 ** 20 + 1), 'it is too long for a receipt'],
  ];
  for (const [bent, reason] of cases) assert.equal(await reasonOf(bent), reason);
  assert.equal(await reasonOf(good, other.certificate.pem), notIssued);
});

function pemOf(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${toBase64(der)}\n-----END CERTIFICATE-----\n`;
}

/** A DER signature as r || s. */
function rawOf(der: Uint8Array): Uint8Array {
  const number = (at: number): Uint8Array => der.subarray(at + 2, at + 2 + (der[at + 1] as number));
  const [r, s] = [number(2), number(4 + (der[3] as number))].map((digits) =>
    Buffer.concat([Buffer.alloc(32), digits]),
  );
  return new Uint8Array(Buffer.concat([r?.subarray(-32) ?? [], s?.subarray(-32) ?? []] as Uint8Array[]));
}

/** A DER signature with a zero too many in front of its first number. */
function paddedOf(der: Uint8Array): Uint8Array {
  const [tag, length, integer, size, ...rest] = der;
  return Uint8Array.from([tag, (length ?? 0) + 1, integer, (size ?? 0) + 1, 0, ...rest] as number[]);
}

/** One way may notice while it reads a certificate what the other finds in its signature. */
async function isGood(receipt: Uint8Array): Promise<boolean> {
  const { valid } = verifyReceiptFile(receipt, pem);
  assert.equal((await verifyInBrowser(receipt, pem)).valid, valid);
  return valid;
}

test('TX-4: a COSE receipt that was changed anywhere is refused, in Node and in a browser alike', async () => {
  const good = coseOf(5);
  for (let at = 0; at < good.length; at++) {
    const bytes = good.slice();
    bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
    assert.equal(await isGood(bytes), false, `byte ${at}`);
  }
  assert.equal(
    await reasonOf(good, makeService().certificate.pem),
    'it names another key than that of the service',
  );
});

test('TX-4: a JSON receipt that was changed anywhere is refused, in Node and in a browser alike', async () => {
  for (const seqno of [5, 6]) {
    const good = utf8(JSON.stringify(jsonOf(seqno)));
    for (let at = 0; at < good.length; at++) {
      const bytes = good.slice();
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 6));
      assert.equal(await isGood(bytes), false, `byte ${at} of ${seqno}`);
    }
  }
});

test('TX-4: a receipt about something else than what is expected is refused, and says what differs', async () => {
  const other = randomBytes(32);
  for (const receipt of [jsonOf(5), coseOf(5)]) {
    assert.equal(
      await reasonOf(receipt, pem, { txId: { view: 2, seqno: 5 }, claimsDigest: claims }),
      'valid',
    );
    const wrong = await reasonOf(receipt, pem, {
      txId: parseTxId('2.4') as NonNullable<ExpectedReceipt['txId']>,
    });
    assert.equal(wrong, 'it is the receipt of transaction 2.5, not of 2.4');
    const sentence = `the transaction claims ${toHex(claims)}, not ${toHex(other)}`;
    assert.equal(await reasonOf(receipt, pem, { claimsDigest: other }), sentence);
  }
  assert.match(
    await reasonOf(jsonOf(4), pem, { claimsDigest: other }),
    /^the transaction claims nothing, not /,
  );
  assert.match(
    await reasonOf(jsonOf(6), pem, { txId: { view: 2, seqno: 6 } }),
    /does not name transaction 2\.6$/,
  );
  assert.match(await reasonOf(jsonOf(6), pem, { claimsDigest: other }), /claims nothing$/);
});

test('formats 2(c): a receipt of an earlier identity of the service holds over its endorsement', async () => {
  const next = makeService();
  const endorsement = issue(next, service.key, true).pem;
  const receipt = { ...jsonOf(5), service_endorsements: [endorsement] };
  assert.equal(await reasonOf(receipt, next.certificate.pem), 'valid');
  assert.equal(
    await reasonOf(jsonOf(5), next.certificate.pem),
    'the certificate was not issued by the service',
  );
  assert.equal(await reasonOf(receipt), 'the certificate was not issued by the service');
});

test('a service certificate that cannot be read is told as that, not as a bad receipt', async () => {
  const unreadable = (error: unknown): boolean =>
    error instanceof CocoError && error.code === 'COCO_CRYPTO_CERTIFICATE';
  assert.throws(() => verifyReceiptFile(jsonOf(5), 'text'), unreadable);
  await assert.rejects(verifyInBrowser(jsonOf(5), 'text'), unreadable);
  assert.equal(parseCertificate(pem).fingerprint, service.certificate.fingerprint);
});

test('X.690: of a signature there is one DER; negative numbers, padded ones and other forms are refused', () => {
  const { publicKey } = service.key;
  const der = (...numbers: readonly (readonly number[])[]): Uint8Array => {
    const body = numbers.flatMap((number) => [0x02, number.length, ...number]);
    return Uint8Array.from([0x30, body.length, ...body]);
  };
  assert.equal(rawOfDer(publicKey, der([1], [0, 0x80]))?.length, 64);
  for (const bad of [der([0, 1], [1]), der([0x80], [1]), der([1]), der([1], [1], [1]), new Uint8Array(64)]) {
    assert.equal(rawOfDer(publicKey, bad), undefined);
  }
});
