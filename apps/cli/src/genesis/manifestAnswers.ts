/**
 * Which platforms and which code a new network admits (GOV-1), from the command line of `coco network create`.
 */
import { codeId, platforms } from '@coco/attestation';
import type { GenesisConstitution } from '@coco/governance';
import { measureCode } from '@coco/host';
import { UsageError } from '../command.js';
import { readText } from '../ledger/textFile.js';

export type PlannedManifests = Required<Pick<GenesisConstitution, 'teeManifest' | 'codeManifest'>>;

export interface ManifestWishes {
  /** PLATFORM or PLATFORM=FILE, FILE with what is demanded of it as JSON. */
  readonly tees: readonly string[];
  /** CODE-ID=COMPONENT. */
  readonly codes: readonly string[];
  /** Whatever code on the platform virtual. */
  readonly anyCode: boolean;
  /** Of the adapters, which are part of the code. */
  readonly modules: readonly string[];
}

/** What `wishes` name; without any, nodes of the platform virtual that run the code of this installation. A UsageError. */
export async function manifestsOf({
  tees,
  codes,
  anyCode,
  modules,
}: ManifestWishes): Promise<PlannedManifests> {
  const rows = tees.map(teeOf);
  const teeManifest = Object.fromEntries(
    rows.length === 0 ? [['virtual', { code: anyCode ? 'any' : 'listed' }] as const] : rows,
  );
  const codeManifest = Object.fromEntries(codes.map(codeOf));
  if (rows.length > 0 || codes.length > 0 || anyCode) return { teeManifest, codeManifest };
  const { tree } = await measureCode({ modules });
  const description = `the installation that made this network, Node.js ${process.version}`;
  const id = codeId('virtual', { tree });
  return { teeManifest, codeManifest: { [id]: { component: 'coco-node', description } } };
}

function teeOf(text: string): readonly [string, Readonly<Record<string, unknown>>] {
  const [name = '', file] = splitOnce(text);
  if (!platforms.some((platform) => platform === name)) {
    throw new UsageError(`--tee: "${name}" is none of ${platforms.join(', ')}`);
  }
  if (file === undefined) return [name, {}];
  try {
    const demands: unknown = JSON.parse(readText(file));
    if (typeof demands === 'object' && demands !== null && !Array.isArray(demands)) {
      return [name, demands as Record<string, unknown>];
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(`--tee: ${file} is not a JSON object`);
}

function codeOf(text: string): readonly [string, { component: string; description: string }] {
  const [id = '', component = ''] = splitOnce(text);
  if (!/^[0-9a-f]{64}$/.test(id) || component === '') {
    throw new UsageError(`--code takes CODE-ID=COMPONENT, as coco measure prints the id, not "${text}"`);
  }
  return [id, { component, description: '' }];
}

function splitOnce(text: string): readonly [string, string?] {
  const at = text.indexOf('=');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
