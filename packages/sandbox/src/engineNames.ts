/**
 * What the compiled interpreter calls its functions. Its build shortens names to letters, and only the JavaScript that
 * Emscripten generates beside it knows which is which; that glue brings a console, timers, environment variables and the
 * clock along, so it is not used. The letters hold for exactly one file: `engineDigest` says which, and loading anything
 * else is refused. (quickjs-emscripten 0.32.0, QuickJS 2025-09-13, variant wasmfile-release-sync.)
 */

/** SHA-256 of emscripten-module.wasm. */
export const engineDigest = '105c3bed22d457e43e3d1c3c1c6959fda62a8fe06f0fc8a985303c3a2be72232';

/** Exported functions, by the names that quickjs-emscripten's c/interface.c gives them. All values are 32-bit pointers. */
export const engineExports = {
  initialize: 'u',
  malloc: 'v',
  free: 'M',
  QTS_RuntimeSetMemoryLimit: 'y',
  QTS_RuntimeSetMaxStackSize: 'D',
  QTS_GetUndefined: 'E',
  QTS_NewRuntime: 'K',
  QTS_NewContext: 'N',
  QTS_FreeValuePointer: 'P',
  QTS_FreeCString: 'S',
  QTS_NewArray: 'W',
  QTS_NewArrayBuffer: 'X',
  QTS_NewFloat64: 'Y',
  QTS_NewString: '_',
  QTS_GetString: '$',
  QTS_GetArrayBuffer: 'aa',
  QTS_GetArrayBufferLength: 'ba',
  QTS_IsJobPending: 'fa',
  QTS_ExecutePendingJob: 'ga',
  QTS_GetPropNumber: 'ia',
  QTS_SetProp: 'ja',
  QTS_Call: 'ma',
  QTS_ResolveException: 'na',
  QTS_Eval: 'pa',
  QTS_GetLength: 'sa',
  QTS_PromiseState: 'wa',
  QTS_PromiseResult: 'xa',
  QTS_NewFunction: 'Da',
} as const;

/** Imported functions, and the memory, by what they are in Emscripten's glue. */
export const engineImports = {
  memory: 'a',
  assertFail: 'b',
  fdWrite: 'c',
  fdClose: 'd',
  environGet: 'e',
  environSizesGet: 'f',
  normalizeModule: 'g',
  loadModuleSource: 'h',
  shouldInterrupt: 'i',
  setTimer: 'j',
  resizeHeap: 'k',
  keepRuntimeAliveClear: 'l',
  localTime: 'm',
  timeZone: 'n',
  fdSeek: 'o',
  dateNow: 'p',
  abort: 'q',
  exit: 'r',
  callFunction: 's',
  freeHostRef: 't',
} as const;
