/**
 * The verdict on a node's evidence, for people and for programs.
 */
import type { Assurance, VerifiedClaims } from '@coco/attestation';
import type { NodeVerdict } from '@coco/client';
import { toHex } from '@coco/primitives';
import type { JsonView } from '../governance/jsonView.js';
import { bold, dim, fields, green, red, yellow } from '../terminal.js';

export function verdictText(url: string, verdict: NodeVerdict): string {
  const accepted = verdict.outcome === 'accepted';
  const head = accepted
    ? `${green('●')} ${bold(url)}  evidence accepted`
    : `${red('●')} ${bold(url)}  evidence refused`;
  return [
    head,
    ...(accepted ? [] : [red(`  ${verdict.refusal.sentence} (${verdict.refusal.code})`)]),
    ...(verdict.platform === 'virtual' ? [yellow('  platform virtual: proves nothing')] : []),
    '',
    fields([
      ['  platform', verdict.platform],
      ['  assurance of the network', assuranceText(verdict.assurance)],
      ...verdict.checks.map(({ what, against }) => [`  ${what}`, against] as const),
    ]),
    '',
    '  Only assumed:',
    ...verdict.assumed.map((sentence) => dim(`  – ${sentence}`)),
  ].join('\n');
}

/** What a node says that the network's attestation is worth. */
export function assuranceIn(network: JsonView): Pick<Assurance, 'level' | 'reasons'> {
  const said = network.object('assurance');
  const level = (['full', 'reduced', 'none'] as const).find((known) => known === said.text('level'));
  return { level: level ?? 'none', reasons: said.texts('reasons') };
}

/** For example "reduced: no firmware floor". */
export function assuranceText({ level, reasons }: Pick<Assurance, 'level' | 'reasons'>): string {
  const word = level === 'full' ? green(level) : yellow(level);
  return reasons.length === 0 ? word : `${word}: ${reasons.join('; ')}`;
}

export function verdictJson(verdict: NodeVerdict): unknown {
  const { claims, ...rest } = verdict;
  return { ...rest, claims: claimsJson(claims) };
}

function claimsJson({ claims, ...platform }: VerifiedClaims): unknown {
  return { ...withHex(platform), claims: withHex(claims) };
}

/** Byte strings as hex, times as text. */
export function withHex(fieldsOf: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fieldsOf).map(([name, value]) => {
      if (value instanceof Uint8Array) return [name, toHex(value)];
      if (name.endsWith('Ms') && typeof value === 'number')
        return [name.slice(0, -2), Number.isFinite(value) ? new Date(value).toISOString() : null];
      return [name, value];
    }),
  );
}
