/**
 * Whatever bytes come: nothing but a coded refusal, in little time, and nothing changed is accepted.
 */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { CocoError, seededRandom, utf8 } from '@coco/primitives';
import { builtInAnchors } from '../../anchors.js';
import { checkSignatures } from '../../signatures.js';
import { createDcapAuthority, syntheticDcapAtMs } from '../../testing/dcapAuthority.js';
import { type DcapSampleName, dcapSample, dcapSamplesMissing as skip } from '../../testing/dcapSamples.js';
import type { Anchors } from '../../types.js';
import { type DcapInput, examineDcap } from './examineDcap.js';

const intel = createDcapAuthority();
const machine = intel.machine();
const good: DcapInput = {
  quote: machine.quote(new Uint8Array(64)),
  collateral: machine.collateral(),
  platform: 'tdx',
};

/** The code of the refusal, or "accepted". Anything else that is thrown fails the test. */
function outcome(input: DcapInput, anchors: Anchors = intel.anchors, atMs = syntheticDcapAtMs): string {
  try {
    checkSignatures(examineDcap(input, anchors, atMs));
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof CocoError && error.code.startsWith('COCO_ATTESTATION_'), `${error}`);
    return error.code;
  }
}

/** The quickest of three, in milliseconds: others share the machine. */
function quickest(act: () => unknown): number {
  const times = [0, 1, 2].map(() => {
    const start = performance.now();
    act();
    return performance.now() - start;
  });
  return Math.min(...times);
}

test('a quote that is cut off anywhere is refused', () => {
  assert.equal(outcome(good), 'accepted');
  for (const version of [3, 4, 5] as const) {
    const platform = version === 3 ? 'sgx' : 'tdx';
    const { quote, collateral } = intel.machine({ platform, version });
    const whole = quote(new Uint8Array(64));
    const documents = collateral();
    for (let length = 0; length < whole.length; length++) {
      const input = { quote: whole.subarray(0, length), collateral: documents, platform } as const;
      assert.notEqual(outcome(input), 'accepted', `${length}`);
    }
  }
});

test('collateral that is cut off anywhere is refused', () => {
  for (let length = 0; length < good.collateral.length; length += 3) {
    const input = { ...good, collateral: good.collateral.subarray(0, length) };
    assert.notEqual(outcome(input), 'accepted', `${length}`);
  }
});

test('a bit that is changed anywhere in genuine evidence or collateral is refused', { skip }, () => {
  const random = seededRandom(20260101);
  for (const name of ['sgx', 'tdx-v4', 'tdx-v5'] as const satisfies readonly DcapSampleName[]) {
    const { atMs, ...sample } = dcapSample(name);
    assert.equal(outcome(sample, builtInAnchors, atMs), 'accepted');
    for (let round = 0; round < 300; round++) {
      const field = round % 2 === 0 ? 'quote' : 'collateral';
      const bytes = sample[field].slice();
      const at = random.integer(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.integer(8));
      const found = outcome({ ...sample, [field]: bytes }, builtInAnchors, atMs);
      assert.notEqual(found, 'accepted', `${name} ${field} ${at}`);
    }
  }
});

test('a bit that is changed in the zero after the PCK chain is refused', () => {
  const bytes = good.quote.slice();
  assert.equal(bytes.at(-1), 0);
  for (let bit = 0; bit < 8; bit++) {
    bytes[bytes.length - 1] = 1 << bit;
    assert.notEqual(outcome({ ...good, quote: bytes }), 'accepted');
  }
});

test('lengths and counts within a quote that lie are refused', () => {
  const random = seededRandom(7);
  for (let round = 0; round < 300; round++) {
    const quote = good.quote.slice();
    // Where lengths and types are: the body's description, the signature data's length and what follows.
    for (const at of [
      48 + random.integer(6),
      54 + 648 + random.integer(4),
      54 + 648 + 132 + random.integer(6),
    ]) {
      if (random.integer(2) === 0) quote[at] = random.integer(256);
    }
    outcome({ ...good, quote });
  }
  for (let round = 0; round < 200; round++) {
    const quote = Uint8Array.from({ length: random.integer(2000) }, () => random.integer(256));
    quote.set([5, 0, 2, 0, 0x81, 0, 0, 0].slice(0, quote.length));
    assert.notEqual(outcome({ ...good, quote }), 'accepted');
  }
});

test('JSON that is deep, wide, long or strange is refused, in less than 50 ms', () => {
  const fields = JSON.parse(Buffer.from(good.collateral).toString()) as Record<string, string>;
  const long = 'a'.repeat(250_000);
  const texts = [
    '',
    'null',
    '[]',
    '"x"',
    '{}',
    '{"__proto__":{"tcb_info":"{}"}}',
    '['.repeat(250_000),
    `${'{"a":'.repeat(40_000)}1`,
    `[${'1,'.repeat(120_000)}1]`,
    `{"tcb_info":"${long}"}`,
    JSON.stringify({ ...fields, tcb_info: '['.repeat(200_000) }),
    JSON.stringify({
      ...fields,
      tcb_info: `{"id":"TDX","version":3,"tcbLevels":[${'{},'.repeat(60_000)}{}]}`,
    }),
    JSON.stringify({ ...fields, qe_identity: '{"id":"TD_QE","version":1e400}' }),
    JSON.stringify({ ...fields, pck_crl: '30'.repeat(100_000) }),
    JSON.stringify({ ...fields, root_ca_crl: `3083017fff${'0500'.repeat(49_000)}` }),
    JSON.stringify({ ...fields, pck_crl_issuer_chain: '-----BEGIN CERTIFICATE-----\n'.repeat(6000) }),
    JSON.stringify({ ...fields, tcb_info_issuer_chain: `${' '.repeat(100_000)}x` }),
    long + long,
  ];
  for (const text of texts) {
    const input = { ...good, collateral: utf8(text) };
    assert.notEqual(outcome(input), 'accepted', text.slice(0, 60));
    assert.ok(quickest(() => outcome(input)) < 50, text.slice(0, 60));
  }
  assert.notEqual(outcome({ ...good, collateral: Uint8Array.of(0xff, 0xfe) }), 'accepted');
  assert.notEqual(outcome({ ...good, collateral: new Uint8Array(600_000) }), 'accepted');
});

test('a judgement costs less than 50 ms, signatures included', () => {
  assert.ok(quickest(() => outcome(good)) < 50);
});

test('a point that is not on the curve signs nothing', () => {
  const quote = good.quote.slice();
  quote.fill(0xff, 54 + 648 + 4 + 64, 54 + 648 + 4 + 128);
  assert.notEqual(outcome({ ...good, quote }), 'accepted');
});
