/**
 * Serves collateral as Intel's Provisioning Certification Service does: taken apart, in its paths and headers.
 */
import { fromHex, fromUtf8 } from '@coco/primitives';
import type { HttpStub } from './httpStub.js';

/** `collateral` is the JSON that verification reads; the root's CRL is served at /root.crl. */
export function servePcs({ answers }: HttpStub, collateral: Uint8Array, platform: 'tdx' | 'sgx'): void {
  const parts = JSON.parse(fromUtf8(collateral) ?? '') as Record<string, string>;
  const part = (name: string): string => parts[name] ?? '';
  const { fmspc } = JSON.parse(part('tcb_info')) as { readonly fmspc: string };
  const api = `/${platform}/certification/v4`;
  answers.set(`${api}/tcb?fmspc=${fmspc.toUpperCase()}`, {
    headers: { 'TCB-Info-Issuer-Chain': encodeURIComponent(part('tcb_info_issuer_chain')) },
    body: `{"tcbInfo":${part('tcb_info')},"signature":"${part('tcb_info_signature')}"}`,
  });
  answers.set(`${api}/qe/identity`, {
    headers: { 'SGX-Enclave-Identity-Issuer-Chain': encodeURIComponent(part('qe_identity_issuer_chain')) },
    body: `{"enclaveIdentity":${part('qe_identity')},"signature":"${part('qe_identity_signature')}"}`,
  });
  for (const ca of ['platform', 'processor']) {
    answers.set(`/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`, {
      headers: { 'SGX-PCK-CRL-Issuer-Chain': encodeURIComponent(part('pck_crl_issuer_chain')) },
      body: fromHex(part('pck_crl')) ?? '',
    });
  }
  // A cache (PCCS) gives it as text.
  answers.set('/root.crl', { body: part('root_ca_crl').toUpperCase() });
}
