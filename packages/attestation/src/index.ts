export { parseManifests, platforms } from './parseManifests.js';
export { refused } from './refused.js';
export type * from './types.js';
export { chainCertificatesMax, readCertificate, readCertificates, type X509 } from './x509/certificate.js';
export { checkChain, checkRoot, checkValid, issuedBy } from './x509/chain.js';
export { type Crl, checkCrl, isRevoked, readCrl } from './x509/crl.js';
