/**
 * The globals that scripts of governance find: `ccf`, as CCF's scripts expect it (formats of CCF, 1.8), `coco` with what Coco adds,
 * and `console`. It only makes calls look as they should; what is allowed is decided on the other side, in hostCalls.ts.
 */
export const scriptPrelude = `((scope) => {
  'use strict';
  const host = __host;
  const bytes = (value, what) => {
    if (!(value instanceof ArrayBuffer)) throw new TypeError(what + ' must be an ArrayBuffer');
    return value;
  };
  const text = (value, what) => {
    if (typeof value !== 'string') throw new TypeError(what + ' must be a string');
    return value;
  };

  const table = (name) => ({
    has: (key) => host.tableHas(name, bytes(key, 'the key')),
    get: (key) => host.tableGet(name, bytes(key, 'the key'))?.[0],
    set(key, value) {
      host.tableSet(name, bytes(key, 'the key'), bytes(value, 'the value'));
      return this;
    },
    delete: (key) => host.tableDelete(name, bytes(key, 'the key')),
    clear() {
      host.tableClear(name);
    },
    // The rows that are there when it begins, as they are when their turn comes.
    forEach(callback) {
      for (const key of host.tableKeys(name)) {
        const row = host.tableGet(name, key);
        if (row !== null) callback(row[0], key, this);
      }
    },
    get size() {
      return host.tableKeys(name).length;
    },
    getVersionOfPreviousWrite() {
      throw new Error('getVersionOfPreviousWrite is not offered to scripts of governance');
    },
  });
  const tables = new Map();
  const kv = new Proxy(Object.freeze({}), {
    get(_, name) {
      if (typeof name !== 'string') return undefined;
      if (!tables.has(name)) tables.set(name, table(name));
      return tables.get(name);
    },
  });

  const strToBuf = (value) => host.strToBuf(text(value, 'the argument'));
  const bufToStr = (value) => host.bufToStr(bytes(value, 'the argument'));
  const jsonCompatibleToBuf = (value) => strToBuf(JSON.stringify(value));
  const bufToJsonCompatible = (value) => JSON.parse(bufToStr(value));

  const digest = (algorithm, data) => host.digest(text(algorithm, 'the algorithm'), bytes(data, 'the data'));
  const isValidX509CertBundle = (pem) => typeof pem === 'string' && host.isBundle(pem);
  const isValidX509CertChain = (chain, trusted) =>
    typeof chain === 'string' && typeof trusted === 'string' && host.isChain(chain, trusted);

  const byteAt = (hex, index) => parseInt(hex.slice(2 * index, 2 * index + 2), 16);
  const tcbHexToPolicy = (cpuid, hex) => {
    if (!/^[0-9a-f]{8}$/.test(cpuid)) throw new TypeError('the CPUID must be 8 hexadecimal digits');
    if (!/^[0-9a-f]{16}$/.test(hex)) throw new TypeError('the TCB version must be 16 hexadecimal digits');
    const named = cpuid.startsWith('00b')
      ? { fmc: 7, boot_loader: 6, tee: 5, snp: 4, microcode: 0 }
      : { boot_loader: 7, tee: 6, snp: 1, microcode: 0 };
    const policy = { hexstring: hex };
    for (const name of Object.keys(named)) policy[name] = byteAt(hex, named[name]);
    return policy;
  };

  const absent = (names, of) => {
    const object = {};
    for (const name of names) {
      object[name] = () => {
        throw new Error(of + name + ' is not offered to scripts of governance');
      };
    }
    return object;
  };

  // Nothing is accepted that nobody would carry out.
  const notYet = (what) => () => {
    throw new Error('this version does not ' + what + ' yet; nothing was changed');
  };

  scope.ccf = {
    kv,
    strToBuf,
    bufToStr,
    jsonCompatibleToBuf,
    bufToJsonCompatible,
    digest,
    isValidX509CertBundle,
    isValidX509CertChain,
    pemToId: (pem) => host.pemToId(text(pem, 'the certificate')),
    tcbHexToPolicy,
    ...absent(['generateAesKey', 'generateRsaKeyPair', 'generateEcdsaKeyPair', 'wrapKey'], 'ccf.'),
    enableUntrustedDateTime: () => false,
    enableMetricsLogging: () => false,
    crypto: {
      digest,
      isValidX509CertBundle,
      isValidX509CertChain,
      verifySignature: (algorithm, key, signature, data) =>
        host.verifySignature(
          algorithm,
          text(key, 'the key'),
          bytes(signature, 'the signature'),
          bytes(data, 'the data'),
        ),
      ...absent(
        ['sign', 'wrapKey', 'unwrapKey', 'generateAesKey', 'generateRsaKeyPair', 'generateEcdsaKeyPair',
          'generateEddsaKeyPair'],
        'ccf.crypto.',
      ),
    },
    consensus: {
      getLastCommittedTxId: () => host.lastCommitted(),
      getStatusForTxId: (view, seqno) => host.txStatus(view, seqno),
      getViewForSeqno: (seqno) => host.viewForSeqno(seqno),
    },
    gov: {
      validateConstitution: (source) => host.validateConstitution(text(source, 'the constitution')),
    },
    node: {
      triggerLedgerRekey: () => host.trigger({ kind: 'ledger_rekey' }),
      triggerRecoverySharesRefresh: notYet('hand out recovery shares'),
      triggerLedgerChunk: () => host.trigger({ kind: 'ledger_chunk' }),
      triggerSnapshot: () => host.trigger({ kind: 'snapshot' }),
      transitionServiceToOpen: (previous, next) => host.openService(
        previous === undefined || previous === null ? null : bytes(previous, 'the previous identity'),
        bytes(next, 'the identity'),
      ),
    },
    network: {
      getLatestLedgerSecretSeqno: () => host.ledgerSecretSeqno(),
      generateEndorsedCertificate: (request, validFrom, days) =>
        host.endorseNodeCertificate(text(request, 'the request'), text(validFrom, 'valid_from'), days),
      generateNetworkCertificate: (validFrom, days) =>
        host.renewServiceCertificate(text(validFrom, 'valid_from'), days),
    },
    refreshAppBytecodeCache() {},
    setJwtPublicSigningKeys: (issuer, _, jwks) => {
      host.setJwtKeys(text(issuer, 'the issuer'), jwks);
    },
    removeJwtPublicSigningKeys: (issuer) => {
      host.removeJwtKeys(text(issuer, 'the issuer'));
    },
  };

  scope.coco = {
    verifyNodeTuple: (tuple) => host.verifyNodeTuple(tuple),
    readCertificate: (pem) => host.readCertificate(text(pem, 'the certificate')),
    isPublicKey: (pem) => typeof pem === 'string' && host.isPublicKey(pem),
    renewNodeCertificate: (nodeId, validFrom, validityDays) =>
      host.trigger({ kind: 'node_certificate', nodeId, validFrom, validityDays }),
  };

  const log = (level) => (...args) => {
    host.log(level, args.map((arg) => (typeof arg === 'string' ? arg : String(JSON.stringify(arg)))).join(' '));
  };
  scope.console = { log: log('info') };
  for (const level of ['debug', 'info', 'warn', 'error', 'trace']) console[level] = log(level);
})(this);`;
