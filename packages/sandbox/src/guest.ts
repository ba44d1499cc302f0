/**
 * What runs inside the interpreter before anything else: it carries values across (as JSON, with strings marked `s` and
 * bytes as `b` and a number, the bytes beside it), and takes away what would make a run differ from the next.
 *
 * It guards nothing. A script can spoil it, for itself alone: whatever comes out is checked by the host, and the next run
 * begins with a fresh interpreter.
 */
export const guestSource = `(function (hostCall) {
  'use strict';
  const { parse, stringify } = JSON;
  const { keys } = Object;
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const then = Promise.prototype.then;
  const buffer = ArrayBuffer;
  const promise = Promise;
  const error = Error;

  const bytesOf = (value) => {
    if (value instanceof buffer) return value;
    if (!isView(value)) return undefined;
    return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
  };

  const pack = (value) => {
    const packed = [''];
    const json = stringify(value, (_, part) => {
      if (typeof part === 'string') return 's' + part;
      if (typeof part !== 'object' || part === null) return part;
      const bytes = bytesOf(part);
      if (bytes === undefined) return part;
      packed[packed.length] = bytes;
      return 'b' + (packed.length - 2);
    });
    if (json !== undefined) packed[0] = json;
    return packed;
  };

  const unpackPart = (part, buffers) => {
    if (typeof part === 'string') return part[0] === 's' ? part.slice(1) : buffers[part.slice(1)];
    if (typeof part !== 'object' || part === null) return part;
    if (isArray(part)) for (let i = 0; i < part.length; i++) part[i] = unpackPart(part[i], buffers);
    else for (const key of keys(part)) part[key] = unpackPart(part[key], buffers);
    return part;
  };
  const unpack = (json, buffers) => (json === '' ? undefined : unpackPart(parse(json), buffers));

  const callHost = (name, args) => {
    const [answer, ...buffers] = hostCall(name, ...pack(args));
    const value = unpack(answer.slice(1), buffers);
    if (answer[0] === 'e') throw new error(value);
    return value;
  };

  let state;

  const invoke = (module, json, ...buffers) => {
    const [name, args] = unpack(json, buffers);
    const called = module[name];
    if (typeof called !== 'function') throw new TypeError('the module exports no function "' + name + '"');
    const value = called(...args);
    if (value instanceof promise) {
      then.call(value, (value) => { state = { value }; }, (reason) => { state = { reason }; });
    } else {
      state = { value };
    }
  };

  const settle = () => {
    if (state === undefined) throw new error('the script waits for what never happens');
    if ('reason' in state) throw state.reason;
    return pack(state.value);
  };

  const inspect = (module) => {
    const arities = {};
    for (const key of keys(module)) if (typeof module[key] === 'function') arities[key] = module[key].length;
    return pack(arities);
  };

  const describe = (thrown) => {
    let reason = 'it threw something that cannot be shown';
    let trace = '';
    try {
      reason = String(thrown).slice(0, 1000);
      if (thrown instanceof error) trace = String(thrown.stack).slice(0, 4000);
    } catch {}
    return pack([reason, trace]);
  };

  const install = (json) => {
    const host = {};
    for (const name of unpack(json)) host[name] = (...args) => callHost(name, args);
    globalThis.__host = host;
  };

  Math.random = () => {
    throw new error('scripts have no randomness');
  };
  for (const name of ['performance', 'Atomics', 'SharedArrayBuffer']) delete globalThis[name];
  return [invoke, settle, inspect, describe, install];
})`;

/** What `guestSource` returns, by place. */
export const guestFunctions = { invoke: 0, settle: 1, inspect: 2, describe: 3, install: 4 } as const;
