import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeVtpmEvidence, encodeClaims, reportDataOf, verifyEvidence } from '@coco/attestation';
import { sha256 } from '@coco/crypto';
import { concatBytes, toBase64, toHex } from '@coco/primitives';
import { createDcapAuthority, syntheticDcapAtMs } from '../../../attestation/dist/testing/dcapAuthority.js';
import { createSnpAuthority } from '../../../attestation/dist/testing/snpAuthority.js';
import { testClaims } from '../../../attestation/dist/testing/virtualNode.js';
import { readAzureVtpm } from './azureVtpm.js';
import { type HttpStub, openHttpStub } from './testing/httpStub.js';
import { manualClock } from './testing/manualClock.js';
import { type SoftwareTpm, startSwtpm, swtpmMissing } from './testing/swtpm.js';
import { tpmOver } from './tpm/tpmCommands.js';
import { openTpmDevice, type TpmTransport } from './tpm/tpmTransport.js';

const claims = encodeClaims(testClaims('ab'.repeat(32)));
const atMs = syntheticDcapAtMs + 3_600_000;
const clock = manualClock(atMs);

let stub: HttpStub;
before(async () => {
  stub = await openHttpStub();
});
after(() => stub.close());

async function withTpm(run: (tpm: SoftwareTpm) => Promise<void>): Promise<void> {
  const tpm = await startSwtpm();
  try {
    await run(tpm);
  } finally {
    await tpm.close();
  }
}

function from(transport: TpmTransport, platform: 'az-snp-vtpm' | 'az-tdx-vtpm') {
  return { platform, transport, tdQuoteUrl: `${stub.url}/acc/tdquote`, timeoutMs: 30_000, clock } as const;
}

/** Report data of hardware that vouches for the vTPM's key. */
function vouching(runtimeData: Uint8Array): Uint8Array {
  return concatBytes(sha256(runtimeData), new Uint8Array(32));
}

test('az-snp-vtpm: evidence from a TPM verifies down to the processor, with what was extended into its PCRs', {
  skip: swtpmMissing,
}, async () => {
  await withTpm(async (tpm) => {
    const amd = createSnpAuthority();
    const machine = amd.machine();
    await tpm.install('snp', (runtimeData) => machine.report(vouching(runtimeData), { vmpl: 0 }));
    const digest = new Uint8Array(32).fill(5);
    await tpm.extendPcr(8, digest);
    const { evidence, hardware } = await readAzureVtpm(
      reportDataOf(claims),
      from(tpm.transport, 'az-snp-vtpm'),
    );
    assert.equal(hardware.length, 1184);
    const whole = { platform: 'az-snp-vtpm', evidence, claims, endorsements: machine.endorsements } as const;
    const verified = verifyEvidence(whole, amd.anchors, atMs);
    assert.equal(verified.registers['pcr8'], toHex(sha256(new Uint8Array(32), digest)));
    assert.equal(verified.registers['pcr11'], '00'.repeat(32));
    assert.equal(verified.registers['measurement'], toHex(machine.measurement));
  });
});

test('az-tdx-vtpm: the machine’s service makes the quote out of the TD report in the TPM', {
  skip: swtpmMissing,
}, async () => {
  await withTpm(async (tpm) => {
    const intel = createDcapAuthority();
    // The domain's attributes are the paravisor's.
    const machine = intel.machine({ registers: { mrtd: 'd0'.repeat(48), attributes: '00'.repeat(8) } });
    const tdReport = new Uint8Array(1024).fill(3);
    let tdQuote = new Uint8Array(0);
    await tpm.install('tdx', (runtimeData) => {
      tdQuote = new Uint8Array(machine.quote(vouching(runtimeData)));
      return tdReport;
    });
    const base64url = toBase64(tdQuote).replaceAll('/', '_').replaceAll('+', '-').replace(/=+$/, '');
    stub.answers.set('/acc/tdquote', { body: JSON.stringify({ quote: base64url }) });
    const { evidence, hardware } = await readAzureVtpm(
      reportDataOf(claims),
      from(tpm.transport, 'az-tdx-vtpm'),
    );
    assert.deepEqual(hardware, tdQuote);
    assert.deepEqual(JSON.parse(stub.asked.at(-1)?.body ?? ''), {
      report: toBase64(tdReport).replace(/=+$/, ''),
    });
    const whole = {
      platform: 'az-tdx-vtpm',
      evidence,
      claims,
      endorsements: { collateral: machine.collateral() },
    } as const;
    assert.equal(verifyEvidence(whole, intel.anchors, atMs).registers['mrtd'], 'd0'.repeat(48));
    await assert.rejects(readAzureVtpm(reportDataOf(claims), from(tpm.transport, 'az-snp-vtpm')), {
      code: 'COCO_ATTESTER_PLATFORM',
      message: 'this machine is of the platform az-tdx-vtpm, and attestation.platform says az-snp-vtpm',
    });
    for (const body of ['', '{}', '{"quote":"*"}', '{"quote":""}', 'null']) {
      stub.answers.set('/acc/tdquote', { body });
      await assert.rejects(readAzureVtpm(reportDataOf(claims), from(tpm.transport, 'az-tdx-vtpm')), {
        code: 'COCO_ATTESTER_SOURCE',
      });
    }
  });
});

test('a PCR that is extended between reading and quoting makes both again; one that never rests is given up', {
  skip: swtpmMissing,
}, async () => {
  await withTpm(async (tpm) => {
    await tpm.install('snp', () => new Uint8Array(1184));
    let disturbances = 2;
    const transport: TpmTransport = {
      async send(command) {
        const response = await tpm.transport.send(command);
        const isPcrRead = command[8] === 0x01 && command[9] === 0x7e;
        if (isPcrRead && disturbances-- > 0)
          await tpm.extendPcr(12, new Uint8Array(32).fill(disturbances + 1));
        return response;
      },
      close: async () => undefined,
    };
    const reading = () => readAzureVtpm(reportDataOf(claims), from(transport, 'az-snp-vtpm'));
    const { pcrs, quote } = decodeVtpmEvidence((await reading()).evidence);
    assert.deepEqual(quote.slice(-32), sha256(...pcrs.values()));
    disturbances = 100;
    await assert.rejects(reading(), { code: 'COCO_ATTESTER_TPM', message: /change while they are quoted/ });
  });
});

test('a TPM that is no Azure machine’s is refused by what it lacks', { skip: swtpmMissing }, async () => {
  await withTpm(async (tpm) => {
    const reading = readAzureVtpm(reportDataOf(claims), from(tpm.transport, 'az-snp-vtpm'));
    await assert.rejects(reading, {
      code: 'COCO_ATTESTER_TPM',
      message: /TPM2_NV_ReadPublic with 0x18b: .*Azure/,
    });
  });
});

test('a TPM that says "again" (0x922) is asked again, but not for ever; nonsense is no response', async () => {
  let busy = 3;
  const answering = (answer: () => Uint8Array): TpmTransport => ({
    send: async () => answer(),
    close: async () => undefined,
  });
  const head = (code: number, rest: Uint8Array = new Uint8Array(0)): Uint8Array =>
    concatBytes(Uint8Array.of(0x80, 1, 0, 0, 0, 10 + rest.length, 0, 0, code >> 8, code & 255), rest);
  // One PCR, number 0: counter, selection, values.
  const selected = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 11, 3, 1, 0, 0, 0, 0, 0, 1, 0, 2, 7, 7);
  const patient = tpmOver(
    answering(() => (busy-- > 0 ? head(0x922) : head(0, selected))),
    clock,
  );
  assert.deepEqual(await patient.readPcrs([0]), new Map([[0, Uint8Array.of(7, 7)]]));
  const refused = (answer: Uint8Array, message: RegExp) =>
    assert.rejects(
      tpmOver(
        answering(() => answer),
        clock,
      ).readPcrs([0]),
      { code: 'COCO_ATTESTER_TPM', message },
    );
  await refused(head(0x922), /TPM2_PCR_Read with 0x922: it is busy/);
  let sent = 0;
  const locked = tpmOver(
    answering(() => {
      sent += 1;
      return head(0x9a2);
    }),
    clock,
  );
  await assert.rejects(locked.readPcrs([0]), { code: 'COCO_ATTESTER_TPM', message: /with 0x9a2/ });
  assert.equal(sent, 1);
  await refused(new Uint8Array(0), /ends early/);
  await refused(head(0).slice(0, 9), /cut off|ends early/);
  await refused(head(0, selected.slice(0, 20)), /ends early/);
  await refused(head(0, Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)), /no SHA-256 bank/);
  await refused(head(0, new Uint8Array(12).fill(255)), /ends early/);
});

test('where there is no TPM, that is said', async () => {
  await assert.rejects(openTpmDevice('/dev/absent-tpm'), {
    code: 'COCO_ATTESTER_DEVICE',
    message: /there is no TPM here/,
  });
});
