/**
 * A software TPM (swtpm) set up as the vTPM of an Azure confidential VM: attestation key at 0x81000003, the paravisor's report
 * in the NV index 0x01400001.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { concatBytes, toBase64, utf8 } from '@coco/primitives';
import type { TpmTransport } from '../tpm/tpmTransport.js';

/** What tests that need it skip with. */
export const swtpmMissing =
  spawnSync('swtpm', ['--version']).status === 0 ? false : 'swtpm is not installed: not checked';

export interface SoftwareTpm {
  readonly transport: TpmTransport;
  /** The report of a paravisor on this hardware is put where Azure has it; `hardware` gets the report data (64 bytes). */
  install(kind: 'snp' | 'tdx', hardware: (runtimeData: Uint8Array) => Uint8Array): Promise<void>;
  extendPcr(index: number, digest: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export async function startSwtpm(): Promise<SoftwareTpm> {
  const folder = mkdtempSync(path.join(tmpdir(), 'coco-swtpm-'));
  const server = path.join(folder, 'server');
  const args = ['socket', '--tpm2', '--tpmstate', `dir=${folder}`, '--server', `type=unixio,path=${server}`];
  const child = spawn('swtpm', [...args, '--flags', 'not-need-init,startup-clear'], { stdio: 'ignore' });
  const socket = await connected(server, child);
  const transport = overSocket(socket);
  const key = await createKey(transport);
  return {
    transport,
    install: (kind, hardware) => installReport(transport, { kind, hardware, modulus: key }),
    async extendPcr(index, digest) {
      const values = concatBytes(u32(1), u16(sha256Algorithm), digest);
      await command(transport, { code: 0x182, handles: [index], parameters: values });
    },
    async close() {
      socket.destroy();
      const ended = new Promise((done) => child.once('exit', done));
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function connected(server: string, child: ChildProcess): Promise<Socket> {
  for (let tries = 0; tries < 500; tries++) {
    if (child.exitCode !== null) break;
    if (existsSync(server)) {
      const socket = connect(server);
      const isUp = await new Promise<boolean>((done) => {
        socket.once('connect', () => done(true)).once('error', () => done(false));
      });
      if (isUp) return socket;
    }
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error('swtpm does not start');
}

function overSocket(socket: Socket): TpmTransport {
  return {
    send(bytes) {
      return new Promise((resolve, reject) => {
        let received: Uint8Array = new Uint8Array(0);
        const onClose = (): void => reject(new Error('swtpm is gone'));
        const onData = (part: Uint8Array): void => {
          received = concatBytes(received, new Uint8Array(part));
          const size =
            received.length < 6 ? Number.POSITIVE_INFINITY : new DataView(received.buffer).getUint32(2);
          if (received.length < size) return;
          socket.off('data', onData).off('close', onClose);
          resolve(received);
        };
        socket.on('data', onData).on('close', onClose);
        socket.write(bytes);
      });
    },
    async close() {},
  };
}

const u16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value & 255);
const u32 = (value: number): Uint8Array => concatBytes(u16(value >>> 16), u16(value & 65_535));
const sized = (bytes: Uint8Array): Uint8Array => concatBytes(u16(bytes.length), bytes);
const nothing = u16(0);
const sha256Algorithm = 0x000b;
const owner = 0x40000001;
const nvIndex = 0x01400001;

interface Setup {
  readonly code: number;
  readonly handles: readonly number[];
  readonly parameters: Uint8Array;
}

/** With an empty password; the response behind its header. */
async function command(transport: TpmTransport, { code, handles, parameters }: Setup): Promise<Uint8Array> {
  const password = concatBytes(u32(9), u32(0x40000009), Uint8Array.of(0, 0, 0, 0, 0));
  const body = concatBytes(u32(code), ...handles.map(u32), password, parameters);
  const response = await transport.send(concatBytes(u16(0x8002), u32(6 + body.length), body));
  const result = new DataView(response.buffer).getUint32(6);
  if (result !== 0)
    throw new Error(`swtpm refuses command 0x${code.toString(16)} with 0x${result.toString(16)}`);
  return response.subarray(10);
}

/** A restricted signing key, RSA 2048, RSASSA with SHA-256, at 0x81000003. Its modulus. */
async function createKey(transport: TpmTransport): Promise<Uint8Array> {
  // fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign
  const attributes = u32((1 << 1) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 16) | (1 << 18));
  const scheme = concatBytes(u16(0x0014), u16(sha256Algorithm));
  const rsa = concatBytes(u16(0x0010), scheme, u16(2048), u32(0), nothing);
  const template = concatBytes(u16(0x0001), u16(sha256Algorithm), attributes, nothing, rsa);
  const sensitive = sized(concatBytes(nothing, nothing));
  const parameters = concatBytes(sensitive, sized(template), nothing, u32(0));
  const response = await command(transport, { code: 0x131, handles: [owner], parameters });
  const view = new DataView(response.buffer, response.byteOffset);
  const handle = view.getUint32(0);
  await command(transport, { code: 0x120, handles: [owner, handle], parameters: u32(0x81000003) });
  // Behind the handle and the size of the parameters: TPM2B_PUBLIC, whose template ends with the modulus.
  const publicBytes = view.getUint16(8);
  return response.slice(10 + publicBytes - 256, 10 + publicBytes);
}

interface Installed {
  readonly kind: 'snp' | 'tdx';
  readonly hardware: (runtimeData: Uint8Array) => Uint8Array;
  readonly modulus: Uint8Array;
}

async function installReport(transport: TpmTransport, { kind, hardware, modulus }: Installed): Promise<void> {
  const n = toBase64(modulus).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  const runtimeData = utf8(
    JSON.stringify({ keys: [{ kid: 'HCLAkPub', key_ops: ['sign'], kty: 'RSA', e: 'AQAB', n }] }),
  );
  const report = new Uint8Array(1236 + runtimeData.length);
  const view = new DataView(report.buffer);
  report.set(utf8('HCLA'));
  view.setUint32(4, 2, true);
  report.set(hardware(runtimeData), 32);
  const words = [20 + runtimeData.length, 1, kind === 'snp' ? 2 : 4, 1, runtimeData.length];
  for (const [index, word] of words.entries()) view.setUint32(1216 + 4 * index, word, true);
  report.set(runtimeData, 1236);
  // ownerwrite, authwrite, ownerread, authread, noDA
  const attributes = u32((1 << 1) | (1 << 2) | (1 << 17) | (1 << 18) | (1 << 25));
  const area = concatBytes(u32(nvIndex), u16(sha256Algorithm), attributes, nothing, u16(report.length));
  await command(transport, { code: 0x12a, handles: [owner], parameters: concatBytes(nothing, sized(area)) });
  for (let offset = 0; offset < report.length; offset += 1024) {
    const part = report.subarray(offset, offset + 1024);
    const parameters = concatBytes(sized(part), u16(offset));
    await command(transport, { code: 0x137, handles: [owner, nvIndex], parameters });
  }
}
