import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifests } from './parseManifests.js';
import type { Manifests } from './types.js';

const manifests: Manifests = {
  tee: {
    'sev-snp': {
      description: 'd',
      code: 'listed',
      roots: [],
      machines: ['ab'],
      minimumTcb: { milan: { snp: 8 } },
      signers: ['vcek'],
      cspIds: [],
      minimumReportVersion: 3,
      vmplMax: 0,
      uvm: [{ did: 'did:x509:a', feed: 'f', minimumSvn: 100 }],
      acceptedStatuses: [],
      allowedAdvisories: [],
      minimumTcbEvaluation: 0,
      collateralDaysMax: 30,
    },
  },
  code: {
    codes: { ab: { component: 'coco', description: '' } },
    snp: { measurements: ['aa'], hostData: ['bb'], uvm: [], tcb: { '00a00f11': { snp: 1 } } },
    virtual: { measurements: ['cc'] },
  },
};

test('manifests survive their way through JSON (GOV-1)', () => {
  assert.deepEqual(parseManifests(JSON.parse(JSON.stringify(manifests))), manifests);
});

test('a platform that is not known is left out, for nothing on it can be accepted', () => {
  const tee = { ...manifests.tee, abacus: manifests.tee['sev-snp'] };
  assert.deepEqual(parseManifests({ ...manifests, tee }).tee, manifests.tee);
});

test('what is not manifests is refused with a code, wherever it is bent', () => {
  const paths: string[] = [];
  const bend = (value: unknown, path: readonly string[]): void => {
    for (const [key, inner] of Object.entries(value as object)) {
      paths.push([...path, key].join('/'));
      if (typeof inner === 'object' && inner !== null) bend(inner, [...path, key]);
    }
  };
  bend(manifests, []);
  for (const path of paths.filter((name) => !/\/(code|signers\/0)$/.test(name))) {
    const bent = structuredClone(manifests) as unknown as Record<string, unknown>;
    const keys = path.split('/');
    const last = keys.pop() as string;
    let at = bent;
    for (const key of keys) at = at[key] as Record<string, unknown>;
    at[last] = null;
    assert.throws(() => parseManifests(bent), { code: 'COCO_ATTESTATION_MANIFEST' }, path);
  }
});
