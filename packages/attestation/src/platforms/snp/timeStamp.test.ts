import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError, utf8 } from '@coco/primitives';
import { checkSignatures } from '../../signatures.js';
import { element, integer, objectId, sequence } from '../../testing/snpDer.js';
import {
  createTimeStampAuthority,
  type SyntheticTimeStamp,
  type TimeStampAuthority,
} from '../../testing/snpTimeStamp.js';
import { createUvmSigner } from '../../testing/snpUvm.js';
import { assertRefused } from '../../testing/snpVerified.js';
import { examineTimeStamp } from './timeStamp.js';
import { examineUvm } from './uvm.js';

const stamped = utf8('a signature');
const authority = createTimeStampAuthority();
const genTimeMs = Date.UTC(2023, 1, 8, 5, 42, 23);

function judge(bent: SyntheticTimeStamp = {}, by: TimeStampAuthority = authority): number {
  return checkSignatures(examineTimeStamp(by.stamp(stamped, bent), stamped, [by.pin])).genTimeMs;
}

test('RFC 3161: a time stamp by a known authority says when it was, under every digest', () => {
  for (const hash of ['sha256', 'sha384', 'sha512'] as const) assert.equal(judge({ hash }), genTimeMs);
  assert.equal(judge({ genTime: '20230208054223Z' }), genTimeMs);
  const accuracy = sequence(element(0x80, Uint8Array.of(1, 0xf4)));
  assert.equal(judge({ infoRest: [accuracy, integer(7)] }), genTimeMs);
});

test('RFC 3161: an authority that is not known is refused, and the sentence says what to do', () => {
  const token = authority.stamp(stamped);
  assertRefused(() => examineTimeStamp(token, stamped), 'UVM', /not known.*leave the time stamp away/);
  const other = createTimeStampAuthority();
  assertRefused(() => examineTimeStamp(token, stamped, [other.pin]), 'UVM', /not known/);
});

test('RFC 3161: a time stamp over other bytes is refused', () => {
  const token = authority.stamp(utf8('another'));
  assertRefused(() => examineTimeStamp(token, stamped, [authority.pin]), 'UVM', /another endorsement/);
  assertRefused(() => judge({ imprint: new Uint8Array(48) }), 'UVM', /another endorsement/);
});

test('RFC 3161 2.3: the key must be for time stamps alone, certified by the known issuer, then', () => {
  const by = (options: Parameters<typeof createTimeStampAuthority>[0]) => () =>
    judge({}, createTimeStampAuthority(options));
  assertRefused(by({ usages: ['1.3.6.1.5.5.7.3.3'] }), 'UVM', /not for these/);
  assertRefused(by({ usages: ['1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.3'] }), 'UVM', /something else/);
  assertRefused(by({ tsaIsCa: true }), 'CHAIN', /not for signatures/);
  for (const end of [{ tsaNotAfterMs: genTimeMs - 1000 }, { pcaNotAfterMs: genTimeMs - 1000 }]) {
    assertRefused(by(end), 'UVM', /was not valid at the time/);
  }
  by({ tsaNotAfterMs: genTimeMs })();
  assertRefused(() => judge({ genTime: '20220301235959Z' }), 'UVM', /was not valid at the time/);
  const other = createTimeStampAuthority();
  assertRefused(() => judge({ certificates: (_, pca) => [other.tsa, pca] }), 'UVM', /another certificate/);
  const token = authority.stamp(stamped, { certificates: (tsa) => [tsa, other.pca] });
  const examined = examineTimeStamp(token, stamped, [other.pin]);
  assertRefused(() => checkSignatures(examined), 'SIGNATURE', /authority's certificate/);
});

test('RFC 5652 5.4: the signature is over attributes that name content, digest and certificate', () => {
  assertRefused(() => judge({ forged: true }), 'SIGNATURE', /time stamp/);
  const changed = (index: number, value: Uint8Array): SyntheticTimeStamp => ({
    attributes: (right) => right.map(([id, old], at) => [id, at === index ? value : old]),
  });
  const octets = (bytes: Uint8Array) => element(0x04, bytes);
  assertRefused(() => judge(changed(0, objectId('1.2.840.113549.1.7.1'))), 'UVM', /no time/);
  assertRefused(() => judge(changed(1, octets(new Uint8Array(48)))), 'UVM', /something else/);
  const certificate = sequence(sequence(sequence(octets(new Uint8Array(32)))));
  assertRefused(() => judge(changed(2, certificate)), 'UVM', /another certificate/);
  assertRefused(() => judge({ attributes: (right) => right.slice(0, 2) }), 'UVM', /more or fewer/);
  assertRefused(
    () => judge({ attributes: (right) => [...right, ['1.2.3', octets(stamped)]] }),
    'UVM',
    /more/,
  );
  assertRefused(() => judge({ attributes: (right) => right.toReversed() }), 'UVM', /not those/);
});

test('a time stamp of another form is refused: what no signature covers must be as it must be', () => {
  const extra = element(0xa1, sequence(objectId('1.2.3'), element(0x31, integer(1))));
  for (const bent of [
    { version: 1 },
    { contentType: '1.2.840.113549.1.7.1' },
    { signerVersion: 3 },
    { signerSerial: 1 },
    { signerIssuer: 'Somebody' },
    { signerDigest: 'sha256' },
    { algorithm: '1.2.840.113549.1.1.11' },
    { signerRest: [extra] },
    { infoRest: [extra] },
    { signers: () => [] },
    { signers: (signer) => [signer, signer] },
    { certificates: (tsa) => [tsa] },
    { certificates: (tsa, pca) => [pca, tsa] },
    { certificates: (tsa, pca) => [tsa, pca, pca] },
    { genTime: '20230208054223.570Z' },
    { genTime: '20230230054223Z' },
    { genTime: '202302080542Z' },
    { genTime: '20230208054223.572+0100' },
  ] as const satisfies readonly SyntheticTimeStamp[]) {
    assertRefused(() => judge(bent), 'UVM');
  }
});

test('a time stamp in which any byte is another one, or that ends anywhere too early, is refused', () => {
  const token = authority.stamp(stamped);
  const refusedWith = (bytes: Uint8Array, which: string): void => {
    assert.throws(
      () => checkSignatures(examineTimeStamp(bytes, stamped, [authority.pin])),
      (error) => error instanceof CocoError && error.code.startsWith('COCO_ATTESTATION_'),
      which,
    );
  };
  for (let at = 0; at < token.length; at++) {
    refusedWith(token.subarray(0, at), `cut at ${at}`);
    const bent = token.slice();
    bent[at] = (bent[at] as number) ^ (1 << (at & 7));
    refusedWith(bent, `bent at ${at}`);
  }
  refusedWith(new Uint8Array([...token, 0]), 'longer');
});

test('UVM: a time stamp beside the endorsement counts: it is for its signature, when its certificates were valid', () => {
  const signer = createUvmSigner();
  const measurement = new Uint8Array(48).fill(5);
  const endorsed = (beside: (signature: Uint8Array) => ReadonlyMap<unknown, unknown>) =>
    checkSignatures(examineUvm(signer.endorse({ measurement, beside }), measurement, [authority.pin]));
  const within = (bent?: SyntheticTimeStamp, of?: Uint8Array) => (signature: Uint8Array) =>
    new Map([['timestamp', authority.stamp(of ?? signature, bent)]]);
  assert.equal(endorsed(within()).did, signer.did);
  assertRefused(() => endorsed(within({}, stamped)), 'UVM', /another endorsement/);
  assertRefused(() => endorsed(within({ forged: true })), 'SIGNATURE', /time stamp/);
  assertRefused(
    () => endorsed(within({ genTime: '20221231235959Z' })),
    'UVM',
    /ContainerPlat was not valid at the time/,
  );
});

test('UVM: anything else that no signature covers is refused', () => {
  const signer = createUvmSigner();
  const measurement = new Uint8Array(48).fill(5);
  for (const beside of [
    new Map([['timestamp', 'text']]),
    new Map([['Timestamp', stamped]]),
    new Map<unknown, unknown>([[4, stamped]]),
    new Map<unknown, unknown>([
      ['timestamp', authority.stamp(stamped)],
      [4, stamped],
    ]),
  ]) {
    const message = signer.endorse({ measurement, beside: () => beside });
    assertRefused(() => examineUvm(message, measurement, [authority.pin]), 'UVM', /nobody vouches/);
  }
});
