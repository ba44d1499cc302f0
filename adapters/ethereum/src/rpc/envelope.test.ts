/**
 * JSON-RPC 2.0 (sections 4 to 6): what is a request, what is not, and which limits hold before anything is believed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@coco/primitives';
import { type Call, formatError, parseEnvelope } from './envelope.js';
import { RPC_CODES, RpcError } from './errors.js';
import { defaultRpcSettings } from './settings.js';

function parse(body: string | Uint8Array, limits: Partial<typeof defaultRpcSettings> = {}) {
  const bytes = typeof body === 'string' ? utf8(body) : body;
  return parseEnvelope(bytes, { ...defaultRpcSettings, ...limits });
}

function callsOf(body: string, limits: Partial<typeof defaultRpcSettings> = {}): readonly Call[] {
  const envelope = parse(body, limits);
  assert.equal(envelope.kind, 'calls');
  return envelope.kind === 'calls' ? envelope.calls : [];
}

function codeOf(body: string | Uint8Array, limits: Partial<typeof defaultRpcSettings> = {}): number {
  const envelope = parse(body, limits);
  if (envelope.kind === 'invalid') return envelope.error.code;
  const [call] = envelope.calls;
  assert.equal(call?.kind, 'invalid', 'it was accepted');
  return call?.kind === 'invalid' ? call.error.code : 0;
}

const withId = (id: string): string => `{"jsonrpc":"2.0","id":${id},"method":"m","params":[]}`;

test('JSON-RPC 2.0, 4: a request is an object with version, method, params and id', () => {
  const [call] = callsOf('{"jsonrpc":"2.0","id":7,"method":"m","params":["0x1",true]}');
  assert.deepEqual(call, { kind: 'call', idText: '7', method: 'm', params: ['0x1', true] });
});

test('JSON-RPC 2.0, 4: params may be left out or null', () => {
  assert.deepEqual(callsOf('{"jsonrpc":"2.0","id":1,"method":"m"}')[0], {
    kind: 'call',
    idText: '1',
    method: 'm',
    params: [],
  });
  assert.equal(callsOf('{"jsonrpc":"2.0","id":1,"method":"m","params":null}')[0]?.kind, 'call');
});

test('JSON-RPC 2.0, 4: an id is echoed exactly as it was written, whatever scalar it is', () => {
  for (const id of [
    '1',
    '0',
    '-3',
    'null',
    '"x"',
    '""',
    '"é\\u0001"',
    'true',
    '1.5',
    '18446744073709551615',
  ]) {
    const [call] = callsOf(withId(id));
    assert.equal(call?.idText, id);
  }
  assert.equal(callsOf(withId('1e400'))[0]?.idText, '1e400');
  assert.equal(callsOf(withId('-0.10'))[0]?.idText, '-0.10');
});

test('JSON-RPC 2.0, 6: exact ids belong to their own call of a batch', () => {
  const tricky =
    '{"jsonrpc":"2.0","method":"m","params":[{"id":1e300},"\\",\\"id\\":2"],"\\u0069d":99999999999999999999}';
  const body = `[${withId('1')}, ${tricky} ,7,["id"],${withId('12345678901234567890')}]`;
  const ids = callsOf(body).map((call) => call.idText);
  assert.deepEqual(ids, ['1', '99999999999999999999', 'null', 'null', '12345678901234567890']);
});

test('JSON-RPC 2.0, 4.1: without id it is a notification', () => {
  assert.equal(callsOf('{"jsonrpc":"2.0","method":"m"}')[0]?.idText, undefined);
});

test('JSON-RPC 2.0, 5.1: what is not JSON is -32700', () => {
  for (const body of ['', '{', 'nonsense', '{"jsonrpc":"2.0",}', '[1,2', '\uFEFF{}']) {
    assert.equal(codeOf(body), RPC_CODES.parse, body);
  }
  assert.equal(codeOf(Uint8Array.of(0x22, 0xff, 0x22)), RPC_CODES.parse);
});

test('JSON-RPC 2.0, 5.1: JSON that is not a request is -32600', () => {
  for (const body of [
    '1',
    '"x"',
    'null',
    '[]',
    '[1]',
    '[[]]',
    `[[${withId('1')}]]`,
    '{}',
    '{"id":1,"method":"m"}',
    '{"jsonrpc":"1.0","id":1,"method":"m"}',
    '{"jsonrpc":2.0,"id":1,"method":"m"}',
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"2.0","id":1,"method":5}',
    '{"jsonrpc":"2.0","id":{},"method":"m"}',
    '{"jsonrpc":"2.0","id":[1],"method":"m"}',
  ]) {
    assert.equal(codeOf(body), RPC_CODES.invalidRequest, body);
  }
});

test('JSON-RPC 2.0, 4.2: Ethereum knows params by position only', () => {
  assert.equal(codeOf('{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1}}'), RPC_CODES.invalidParams);
  assert.equal(codeOf('{"jsonrpc":"2.0","id":1,"method":"m","params":"0x"}'), RPC_CODES.invalidParams);
});

test('limits: body, depth, batch and id (reliability: batch of 10^5, nested batch, id of 1 MB)', () => {
  const one = withId('1');
  assert.equal(codeOf(one, { bodyBytesMax: one.length - 1 }), RPC_CODES.invalidRequest);
  assert.equal(callsOf(one, { bodyBytesMax: one.length }).length, 1);

  assert.equal(codeOf('['.repeat(1_000_000)), RPC_CODES.invalidRequest);
  const nested = (depth: number): string =>
    `{"jsonrpc":"2.0","id":1,"method":"m","params":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  assert.equal(codeOf(nested(4), { jsonDepthMax: 4 }), RPC_CODES.invalidRequest);
  assert.equal(callsOf(nested(3), { jsonDepthMax: 4 }).length, 1);
  const inStrings = '{"jsonrpc":"2.0","id":1,"method":"[[[\\"[[[\\\\","params":[]}';
  assert.equal(callsOf(inStrings, { jsonDepthMax: 2 }).length, 1);

  const batch = (count: number): string => `[${Array(count).fill(one).join(',')}]`;
  assert.equal(codeOf(batch(4), { batchCallsMax: 3 }), RPC_CODES.invalidRequest);
  assert.equal(callsOf(batch(3), { batchCallsMax: 3 }).length, 3);
  assert.equal(codeOf(batch(50_000)), RPC_CODES.invalidRequest);

  assert.equal(codeOf(withId(`"${'x'.repeat(1_000_000)}"`)), RPC_CODES.invalidRequest);
});

test('JSON-RPC 2.0, 5: an error has code and message, and data only where there is some', () => {
  const error = new RpcError(-32000, 'a "quoted" word');
  assert.equal(
    formatError('1', error),
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"a \\"quoted\\" word"}}',
  );
  assert.deepEqual(JSON.parse(formatError('"x"', new RpcError(3, 'm', '0x01'))), {
    jsonrpc: '2.0',
    id: 'x',
    error: { code: 3, message: 'm', data: '0x01' },
  });
});
