/**
 * Whether two pieces of accepted evidence are the same in everything that somebody reads. What is left free says nothing:
 * zeros behind a quote, line ends within PEM, and in the collateral white space and the order of JSON.
 */
import { equalBytes, fromUtf8, toHex } from '@coco/primitives';
import type { PlatformEvidence } from '../../platformEvidence.js';
import { readQuote } from '../../platforms/dcap/quote.js';
import { decodeVtpmEvidence } from '../../platforms/vtpm/evidence.js';
import type { Evidence } from '../../types.js';

/** Evidence of a platform, with or without runtime claims. */
export type AnyEvidence = PlatformEvidence & Partial<Pick<Evidence, 'claims'>>;

export function isSameEvidence(a: AnyEvidence, b: AnyEvidence): boolean {
  const [found, expected] = [a, b].map(readParts) as [Parts, Parts];
  const names = Object.keys(expected);
  return Object.keys(found).length === names.length && names.every((name) => found[name] === expected[name]);
}

/** Where the accepted evidence differs, for whoever looks into it. */
export function differences(a: AnyEvidence, b: AnyEvidence): string {
  const pairs = [
    ['evidence', a.evidence, b.evidence] as const,
    ['claims', a.claims, b.claims] as const,
    ...Object.keys({ ...a.endorsements, ...b.endorsements }).map(
      (name) => [name, a.endorsements[name], b.endorsements[name]] as const,
    ),
  ];
  return pairs
    .filter(([, x, y]) => x !== y && (x === undefined || y === undefined || !equalBytes(x, y)))
    .map(([name, x, y]) => `${name} at ${x?.findIndex((byte, i) => byte !== y?.[i])} of ${y?.length}`)
    .join(', ');
}

type Parts = Readonly<Record<string, string>>;

function readParts({ platform, evidence, claims, endorsements }: AnyEvidence): Parts {
  const parts: [string, string][] = Object.entries(endorsements).map(([name, bytes]) => [
    `endorsement ${name}`,
    name === 'collateral' ? collateralText(bytes) : toHex(bytes),
  ]);
  return {
    platform,
    claims: claims === undefined ? '' : toHex(claims),
    ...evidenceParts(platform, evidence),
    ...Object.fromEntries(parts),
  };
}

function evidenceParts(platform: AnyEvidence['platform'], evidence: Uint8Array): Parts {
  if (platform === 'tdx' || platform === 'sgx') return quoteParts(evidence);
  if (platform !== 'az-tdx-vtpm') return { evidence: toHex(evidence) };
  const { tdQuote, pcrs, ...rest } = decodeVtpmEvidence(evidence);
  const values = [...pcrs].map(([index, value]) => [`pcr${index}`, value] as const);
  return { ...texts({ ...rest, ...Object.fromEntries(values) }), ...quoteParts(tdQuote ?? evidence) };
}

function quoteParts(quote: Uint8Array): Parts {
  const { pckChain, ...rest } = readQuote(quote);
  return { ...texts(rest), pckChain: withoutLineEnds(fromUtf8(pckChain) ?? '') };
}

function texts(fields: object): Parts {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? toHex(value) : String(value),
    ]),
  );
}

function collateralText(bytes: Uint8Array): string {
  const fields = Object.entries(JSON.parse(fromUtf8(bytes) ?? '') as Record<string, string>);
  const read = fields.map(([name, text]) => [name, name.endsWith('_chain') ? withoutLineEnds(text) : text]);
  return JSON.stringify(read.sort());
}

/** Quotes end their PEM as C does. */
function withoutLineEnds(pem: string): string {
  return pem.replaceAll(/[\r\n\0]/g, '');
}
