/**
 * The section `attestation` of a node's configuration: what proves what the node runs, and where its endorsements come from.
 * docs/reference/configuration.md says what each setting means.
 */
import process from 'node:process';
import { type Platform, platforms } from '@coco/attestation';
import type { Fields } from '../fields.js';
import type { SnpSourceName, SnpSourceSettings } from './snpSources.js';

export interface AttestationSettings {
  readonly platform: Platform;
  /** Folder in which endorsements are kept. */
  readonly cache: string;
  /** For a device to give a report. */
  readonly deviceTimeoutMs: number;
  readonly devices: {
    readonly tsm: string;
    readonly gramine: string;
    readonly tpm: string;
    readonly tdQuoteUrl: string;
  };
  readonly sources: SnpSourceSettings & {
    readonly snp: readonly SnpSourceName[];
    readonly pcsUrl: string;
    readonly rootCrlUrl: string;
    /** For a whole answer. */
    readonly timeoutMs: number;
    /** Of an answer. */
    readonly bytesMax: number;
  };
}

/**
 * Takes all of `fields`. `resolve` makes paths absolute that are relative to the file of the configuration. COCO_HOST_CONFIG.
 */
export function readAttestationSettings(
  fields: Fields,
  resolve: (relative: string) => string,
): AttestationSettings {
  const platform = fields.choice('platform', platforms, 'virtual');
  const devices = fields.inner('devices');
  const sources = fields.inner('sources');
  const settings: AttestationSettings = {
    platform,
    cache: resolve(fields.text('cache', 'attestation')),
    deviceTimeoutMs: fields.whole('deviceTimeoutMs', { min: 100, max: 600_000, fallback: 10_000 }),
    devices: {
      tsm: resolve(devices.text('tsm', '/sys/kernel/config/tsm/report')),
      gramine: resolve(devices.text('gramine', '/dev/attestation')),
      tpm: resolve(devices.text('tpm', '/dev/tpmrm0')),
      tdQuoteUrl: url(devices, 'tdQuoteUrl', 'http://169.254.169.254/acc/tdquote'),
    },
    sources: readSources(sources, platform, resolve),
  };
  for (const inner of [devices, sources, fields]) inner.end();
  return settings;
}

function readSources(
  fields: Fields,
  platform: Platform,
  resolve: (relative: string) => string,
): AttestationSettings['sources'] {
  const securityContext = fields.optionalText('securityContext') ?? process.env['UVM_SECURITY_CONTEXT_DIR'];
  const named = fields.list('snp', snpSources.length, (value, at) => {
    const found = snpSources.find((name) => name === value);
    if (found === undefined)
      throw fields.refused(at.slice(at.lastIndexOf('snp')), `must be one of ${snpSources.join(', ')}`);
    return found;
  });
  const pcsUrl = url(fields, 'pcsUrl', intelUrl);
  return {
    snp: named.length > 0 ? named : platform === 'az-snp-vtpm' ? ['thim', 'kds'] : ['host', 'aci', 'kds'],
    ...(securityContext !== undefined &&
      securityContext !== '' && { securityContext: resolve(securityContext) }),
    thimUrl: url(fields, 'thimUrl', 'http://169.254.169.254/metadata/THIM/amd/certification'),
    kdsUrl: url(fields, 'kdsUrl', 'https://kdsintf.amd.com'),
    pcsUrl,
    // Intel has the root's list elsewhere; its caches have it with the rest.
    rootCrlUrl: url(
      fields,
      'rootCrlUrl',
      pcsUrl === intelUrl ? intelRootCrlUrl : `${pcsUrl}/sgx/certification/v4/rootcacrl`,
    ),
    timeoutMs: fields.whole('timeoutMs', { min: 100, max: 600_000, fallback: 10_000 }),
    bytesMax: fields.whole('bytesMax', { min: 4096, max: 2 ** 24, fallback: 256 * 1024 }),
  };
}

const snpSources: readonly SnpSourceName[] = ['host', 'aci', 'thim', 'kds'];
const intelUrl = 'https://api.trustedservices.intel.com';
const intelRootCrlUrl = 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der';

/** Without a slash at its end. */
function url(fields: Fields, key: string, fallback: string): string {
  const text = fields.text(key, fallback);
  if (/^https?:\/\/[^\s#?]+$/.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '');
  throw fields.refused(key, 'must be a URL that begins with http:// or https://, without ? and #');
}
