/**
 * A signer that is a command of the user's choice: a cloud key service's or a token's own tool (ACT-3).
 *
 *   standard input    the bytes to be signed (COSE's Sig_structure), or their hash
 *   standard output   the signature: DER or r || s, as bytes or as base64 text
 *   environment       COCO_SIGN_ALGORITHM (ES256, ES384, ES512); COCO_SIGN_DIGEST (base64 of the hash)
 *   standard error    the user's: prompts and complaints of the command
 *
 * Exit status 0 when it signed.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { type Curve, type PublicKey, sha256, sha384, sha512 } from '@coco/crypto';
import { CocoError, concatBytes, fromBase64, fromUtf8, toBase64 } from '@coco/primitives';
import { algorithmOf, checkedSignature, readCertificateChain, type Signer } from './signer.js';

/** A command that signs. */
export interface SigningCommand {
  /** A command line of the system's shell. */
  readonly command: string;
  /** What the command gets. Default message. */
  readonly input?: 'message' | 'digest';
  /** Default 120,000: somebody may have to touch a token. */
  readonly timeoutMs?: number;
}

export interface CommandSignerOptions extends SigningCommand {
  /** One certificate, or a chain of them, leaf first. */
  readonly certificatePem: string;
}

/** A signer that runs a command for every signature; see `signByCommand`. */
export function commandSigner(options: CommandSignerOptions): Signer {
  const certificates = readCertificateChain(options.certificatePem);
  const { publicKey } = certificates[0];
  return {
    certificates,
    algorithm: algorithmOf(publicKey.curve),
    sign: (toBeSigned) => signByCommand(options, publicKey, toBeSigned),
  };
}

/**
 * Has `toBeSigned` signed by a command, and checks what it gives: r || s. COCO_CLIENT_SIGNER when the command fails,
 * COCO_CLIENT_SIGNATURE when its signature is not one of `publicKey`.
 */
export async function signByCommand(
  command: SigningCommand,
  publicKey: PublicKey,
  toBeSigned: Uint8Array,
): Promise<Uint8Array> {
  const { curve } = publicKey;
  const digest = hashOf[curve](toBeSigned);
  const environment = { COCO_SIGN_ALGORITHM: algorithmOf(curve), COCO_SIGN_DIGEST: toBase64(digest) };
  const output = await run(command, command.input === 'digest' ? digest : toBeSigned, environment);
  return checkedSignature(publicKey, toBeSigned, textOrBytes(output));
}

const hashOf: Readonly<Record<Curve, (bytes: Uint8Array) => Uint8Array>> = {
  'P-256': sha256,
  'P-384': sha384,
  'P-521': sha512,
};
const outputBytesMax = 4096;

function run(
  { command, timeoutMs = 120_000 }: SigningCommand,
  input: Uint8Array,
  environment: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
      timeout: timeoutMs,
    });
    const fail = (reason: string): void =>
      reject(new CocoError('COCO_CLIENT_SIGNER', `the signer command ${reason}`, { command }));
    const chunks: Uint8Array[] = [];
    let length = 0;
    child.stdout.on('data', (chunk: Uint8Array) => {
      length += chunk.length;
      if (length <= outputBytesMax) chunks.push(chunk);
    });
    // A command that takes no input (it has the hash from its environment) may be gone before it is written.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => fail(`could not be run: ${error.message}`));
    child.on('close', (status, signal) => {
      if (signal !== null) fail(`was ended by ${signal}; it has ${timeoutMs / 1000} s`);
      else if (status !== 0) fail(`ended with status ${status}`);
      else if (length === 0) fail('wrote no signature to its standard output');
      else if (length > outputBytesMax) fail(`wrote more than ${outputBytesMax} bytes`);
      else resolve(concatBytes(...chunks));
    });
    child.stdin.end(input);
  });
}

/** Tools of cloud services print base64, with either alphabet; others give the bytes. */
function textOrBytes(output: Uint8Array): Uint8Array {
  const text = fromUtf8(output)?.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/');
  if (text === undefined || !/^[A-Za-z0-9+/]+=*$/.test(text)) return output;
  const digits = text.replace(/=+$/, '');
  return fromBase64(digits.padEnd(4 * Math.ceil(digits.length / 4), '=')) ?? output;
}
