/**
 * One name for what runs, whatever the platform measures it in (GOV-1, code manifest):
 *
 *     code id = hex SHA-256 of deterministic CBOR [ platform: text, { register: text => value: text } ]
 *
 * Values are as evidence shows them: digests in lower-case hex, a feed as Microsoft writes it.
 */
import { cborEncode, sha256 } from '@coco/crypto';
import { toHex } from '@coco/primitives';
import type { Platform, PlatformClaims } from './types.js';

/** 64 characters. */
export function codeId(platform: Platform, registers: Readonly<Record<string, string>>): string {
  return toHex(sha256(cborEncode([platform, new Map(Object.entries(registers))])));
}

/** What code is known by. */
export interface CodeIdentity {
  readonly id: string;
  readonly registers: Readonly<Record<string, string>>;
  /** It stands on Microsoft's endorsement of the utility VM: it counts where the manifests accept that endorsement. */
  readonly byUvm: boolean;
}

/**
 * The identities of what runs, that by all registers first. On Azure containers the measurement is that of Microsoft's
 * utility VM and changes with its releases; there code is known by {uvm_feed, host_data} as well.
 */
export function codeIdentities(claims: PlatformClaims): readonly CodeIdentity[] {
  const { platform, registers, uvm } = claims;
  const all = { id: codeId(platform, registers), registers, byUvm: false };
  const hostData = registers['host_data'];
  if (platform !== 'sev-snp' || uvm === undefined || hostData === undefined) return [all];
  const endorsed = { uvm_feed: uvm.feed, host_data: hostData };
  return [all, { id: codeId(platform, endorsed), registers: endorsed, byUvm: true }];
}
