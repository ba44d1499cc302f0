import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { coseDecode, coseEncode } from '@coco/crypto';
import { toBase64, utf8 } from '@coco/primitives';
import type { EndorsementSource } from './endorsementSource.js';
import { askSnpSource, type SnpRequest } from './snpSources.js';

test('of an endorsement of a utility VM a node sends what Microsoft signed, not the time stamp beside it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'coco-aci-'));
  const put = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  const ask = () =>
    askSnpSource('aci', {} as SnpRequest, {
      settings: { securityContext: folder, kdsUrl: '', thimUrl: '' },
      source: {} as EndorsementSource,
    });
  try {
    put('host-amd-cert-base64', '');
    put('security-policy-base64', '');
    const signed = {
      protectedBytes: Uint8Array.of(0xa1, 1, 0x26),
      payload: utf8('payload'),
      signature: utf8('signed'),
    };
    const stamp = new Map([['timestamp', utf8('a time stamp')]]);
    put('reference-info-base64', `${toBase64(coseEncode({ ...signed, unprotectedHeader: stamp }))}\n`);
    const { protectedBytes, payload, signature, unprotectedHeader } = coseDecode(
      (await ask()).files.uvm as Uint8Array,
    );
    assert.deepEqual({ protectedBytes, payload, signature }, signed);
    assert.equal(unprotectedHeader.size, 0);
    put('reference-info-base64', 'bm90IGNvc2U=');
    await assert.rejects(ask(), { code: 'COCO_ATTESTER_SOURCE', message: /cannot be read/ });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
