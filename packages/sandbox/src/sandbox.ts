/**
 * Loads the interpreter (QuickJS, compiled to WebAssembly), puts the meter into it, and runs scripts in it.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { CocoError, toHex } from '@coco/primitives';
import { engineDigest } from './engineNames.js';
import { meterModule } from './meter.js';
import { createRealm, type Realm } from './realm.js';
import { runInRealm } from './run.js';
import type { Sandbox } from './types.js';

/** A realm whose memory grew beyond this is not kept: memory of WebAssembly never shrinks. */
const keptBytesMax = 32 << 20;

let loaded: Promise<WebAssembly.Module> | undefined;

/** A sandbox; the machine code is loaded once. Throws COCO_SANDBOX_ENGINE when it is not the one that was built for. */
export async function loadSandbox(): Promise<Sandbox> {
  loaded ??= loadEngine();
  const module = await loaded;
  const idle: Realm[] = [createRealm(module)];
  return {
    run(run) {
      const realm = idle.pop() ?? createRealm(module);
      try {
        return runInRealm(realm, run);
      } finally {
        if (realm.engine.memory().length <= keptBytesMax && idle.length < 2) idle.push(realm);
      }
    },
  };
}

async function loadEngine(): Promise<WebAssembly.Module> {
  const file = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
  const bytes = new Uint8Array(await readFile(file));
  const digest = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
  if (digest !== engineDigest) {
    throw new CocoError(
      'COCO_SANDBOX_ENGINE',
      'the interpreter is not the one that this version was built for',
      {
        digest,
        expected: engineDigest,
      },
    );
  }
  return WebAssembly.compile(new Uint8Array(meterModule(bytes)));
}
