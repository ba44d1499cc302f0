import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readProfiles } from './profile.js';

const frame = (functionName: string, url = '') => ({ functionName, url });

test('a sample counts for the innermost room on its stack, and all below an engine for the EVM', (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-profile-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const nodes = [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 6, 7] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('step', 'file:///coco/packages/host/dist/nodeLoop.js'), children: [4] },
    {
      id: 4,
      callFrame: frame('run', 'file:///coco/adapters/ethereum/dist/engine/ethereumjs.js'),
      children: [5],
    },
    { id: 5, callFrame: frame('keccak', 'file:///coco/packages/crypto/dist/hash.js') },
    { id: 6, callFrame: frame('writev', '') },
    { id: 7, callFrame: frame('(garbage collector)') },
  ];
  const samples = [3, 2, 5, 6, 7, 3];
  const timeDeltas = [10, 20, 30, 40, 50, 60];
  const profile = { nodes, startTime: 1000, samples, timeDeltas };
  writeFileSync(path.join(directory, 'CPU.20260101.000000.77.0.001.cpuprofile'), JSON.stringify(profile));
  writeFileSync(path.join(directory, 'CPU.20260101.000000.78.0.001.cpuprofile'), '{}');

  // The last sample ends at 1210, beyond the window.
  const times = readProfiles(directory, 77, { fromUs: 1000, toUs: 1200 });
  assert.deepEqual(Object.fromEntries(times), {
    'host: loop, disk, peers': 10,
    EVM: 30,
    'Node: event loop, TLS, sockets, files': 40,
    'garbage collection': 50,
  });
});
