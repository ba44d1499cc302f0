import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { anchorsWith, builtInAnchors, isBuiltInRoot } from './anchors.js';
import { teeEntry } from './testing/manifests.js';

const tee = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../shared/data/tee');
const skip = existsSync(tee) ? false : 'the genuine evidence is not beside the checkout';

test("the pinned roots are AMD's own", { skip }, () => {
  for (const family of ['milan', 'genoa', 'turin'] as const) {
    const { publicKey } = new X509Certificate(readFileSync(join(tee, 'amd-roots', family, 'ark.pem')));
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    assert.deepEqual(builtInAnchors.amd[family], [createHash('sha256').update(spki).digest('hex')]);
  }
});

test('a root that was voted in is trusted for the processors of its vendor alone', () => {
  const voted = anchorsWith({
    'sev-snp': teeEntry({ roots: ['aa'] }),
    tdx: teeEntry({ roots: ['bb'] }),
    virtual: teeEntry({ roots: ['cc'] }),
  });
  assert.deepEqual(voted.intel, [...builtInAnchors.intel, 'bb']);
  assert.deepEqual(voted.amd.turin, [...builtInAnchors.amd.turin, 'aa']);
  assert.deepEqual(anchorsWith({}), builtInAnchors);
});

test("a vendor's root is built in for its own platforms only", () => {
  const [intel = ''] = builtInAnchors.intel;
  const [milan = ''] = builtInAnchors.amd.milan;
  assert.ok(
    isBuiltInRoot('tdx', intel) && isBuiltInRoot('sgx', intel) && isBuiltInRoot('az-tdx-vtpm', intel),
  );
  assert.ok(isBuiltInRoot('sev-snp', milan) && isBuiltInRoot('az-snp-vtpm', milan));
  assert.ok(
    !isBuiltInRoot('sev-snp', intel) && !isBuiltInRoot('tdx', milan) && !isBuiltInRoot('virtual', milan),
  );
});
