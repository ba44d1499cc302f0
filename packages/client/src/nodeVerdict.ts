/**
 * What a client concludes from a node's evidence (SEC-3), in words that a person can check: what was verified, against what,
 * and what is only assumed. Runs in Node and in browsers: whoever calls it hands in the verified claims.
 */
import {
  type Assurance,
  appraise,
  type Binding,
  type Manifests,
  networkAssurance,
  type Platform,
  type Refusal,
  type VerifiedClaims,
} from '@coco/attestation';

/** One thing that was looked at. */
export interface NodeCheck {
  readonly what: string;
  /** The fact itself, or what it was compared with. */
  readonly against: string;
}

export type NodeVerdict = {
  readonly platform: Platform;
  readonly nodeId: string;
  readonly assurance: Assurance;
  readonly checks: readonly NodeCheck[];
  /** What the verdict rests on and nobody checked here, one sentence each. */
  readonly assumed: readonly string[];
  readonly claims: VerifiedClaims;
} & (
  | { readonly outcome: 'accepted'; readonly codeId: string; readonly component: string }
  | { readonly outcome: 'refused'; readonly refusal: Refusal }
);

export interface NodeVerdictInput {
  /** Verified: every signature in the evidence holds. */
  readonly claims: VerifiedClaims;
  readonly manifests: Manifests;
  /** Whether the manifests are the caller's own, or those that the node itself showed. */
  readonly manifestsFrom: 'caller' | 'node';
  readonly binding: Binding;
  readonly atMs: number;
}

/** Appraises the claims of a node. Never throws. */
export function nodeVerdict(input: NodeVerdictInput): NodeVerdict {
  const { claims, manifests, binding, atMs } = input;
  const verdict = appraise(claims, manifests, binding, atMs);
  return {
    platform: claims.platform,
    nodeId: binding.nodeId,
    assurance: networkAssurance(manifests.tee),
    checks: checksOf(input, verdict.outcome === 'accepted' ? verdict : undefined),
    assumed: assumptionsOf(input),
    claims,
    ...verdict,
  };
}

function checksOf(
  { claims, binding, manifestsFrom, atMs }: NodeVerdictInput,
  code: { readonly codeId: string; readonly component: string } | undefined,
): readonly NodeCheck[] {
  const at = new Date(atMs).toISOString();
  const checks: NodeCheck[] = [
    claims.platform === 'virtual'
      ? { what: 'evidence', against: "signed by the node's own key: no hardware speaks for it" }
      : {
          what: 'evidence',
          against: `signed by ${signers[claims.signer]}, up to the vendor's root ${claims.root ?? ''}`,
        },
    {
      what: 'valid at',
      against: `${at}, until ${isEndless(claims.validUntilMs) ? 'no end' : new Date(claims.validUntilMs).toISOString()}`,
    },
    { what: 'node key', against: binding.nodeId },
  ];
  const tcb = Object.entries(claims.tcb.parts).map(([name, value]) => `${name} ${value}`);
  if (tcb.length > 0)
    checks.push({ what: 'firmware', against: [claims.tcb.family ?? '', ...tcb].join(' ').trim() });
  if (claims.tcbStatus !== undefined) {
    checks.push({ what: 'TCB status', against: [claims.tcbStatus, ...claims.advisories].join(' ') });
  }
  if (binding.network !== undefined) checks.push({ what: 'network', against: binding.network });
  if (binding.nonce !== undefined) checks.push({ what: 'fresh', against: 'a nonce that was made for this' });
  if (binding.exporter !== undefined) checks.push({ what: 'session', against: 'this very TLS connection' });
  if (code !== undefined) {
    const whose = manifestsFrom === 'caller' ? 'your code manifest' : 'the code manifest that the node shows';
    checks.push({ what: 'code', against: `${code.codeId} (${code.component}), in ${whose}` });
  }
  return checks;
}

/** Virtual evidence has no end; dates end in the year 275760. */
function isEndless(ms: number): boolean {
  return ms >= 8.64e15;
}

const signers = {
  vcek: 'the key of the processor (VCEK)',
  vlek: "AMD's key for the cloud (VLEK)",
  pck: "the processor's quoting enclave",
  ak: "the virtual machine's TPM",
  node: 'the node itself',
} as const;

function assumptionsOf({ claims, binding, manifestsFrom }: NodeVerdictInput): readonly string[] {
  const assumed: string[] = [];
  if (claims.platform === 'virtual') {
    assumed.push('the platform virtual proves nothing: whoever runs the node could run anything');
  } else {
    assumed.push(
      'the vendor of the processor is honest, and nobody has opened the machine (physical attacks)',
    );
  }
  if (manifestsFrom === 'node') {
    assumed.push(
      'the manifests are those that the node itself shows: compare the code with what you built (coco measure), or give your own',
    );
  }
  if (binding.network === undefined) {
    assumed.push('no network was named: the node may belong to another one than you mean');
  }
  if (binding.exporter === undefined) {
    assumed.push(
      'the evidence is not bound to the TLS connection: it may have been passed on by somebody else',
    );
  }
  return assumed;
}
