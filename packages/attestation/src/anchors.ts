/**
 * The roots of trust. Pinned is the SHA-256 of the root's SubjectPublicKeyInfo, not of the certificate: vendors issue
 * certificates anew, over the same key.
 */
import type { AmdFamily, Anchors, Platform, TeeManifest } from './types.js';

/** The vendors' own: AMD's Root Keys (ARK) of the three families, and the "Intel SGX Root CA". */
export const builtInAnchors: Anchors = {
  amd: {
    milan: ['9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9'],
    genoa: ['429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831'],
    turin: ['4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08'],
  },
  intel: ['a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e'],
};

/** The vendors' roots and those that the members have voted in. Whether a root is good for a platform, appraisal decides. */
export function anchorsWith(tee: TeeManifest): Anchors {
  const votedFor = (vendor: Vendor) => platformsOf[vendor].flatMap((platform) => tee[platform]?.roots ?? []);
  const amd = votedFor('amd');
  const family = (name: AmdFamily) => [...builtInAnchors.amd[name], ...amd];
  return {
    amd: { milan: family('milan'), genoa: family('genoa'), turin: family('turin') },
    intel: [...builtInAnchors.intel, ...votedFor('intel')],
  };
}

/** True when `root` is one of the vendor that makes `platform`, without any vote. */
export function isBuiltInRoot(platform: Platform, root: string): boolean {
  if (platformsOf.intel.includes(platform)) return builtInAnchors.intel.includes(root);
  if (platformsOf.amd.includes(platform))
    return Object.values(builtInAnchors.amd).some((roots) => roots.includes(root));
  return false;
}

type Vendor = 'amd' | 'intel';

const platformsOf: Readonly<Record<Vendor, readonly Platform[]>> = {
  amd: ['sev-snp', 'az-snp-vtpm'],
  intel: ['tdx', 'sgx', 'az-tdx-vtpm'],
};
