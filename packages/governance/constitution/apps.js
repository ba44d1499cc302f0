// Applications in JavaScript, and the tokens (JWT) that their callers may bring.

const moduleTable = 'public:ccf.gov.modules';
const endpointTable = 'public:ccf.gov.endpoints';
const flushTable = 'public:ccf.gov.interpreter.flush';
const bytecodeTables = ['public:ccf.gov.modules_quickjs_bytecode', 'public:ccf.gov.modules_quickjs_version'];

const checkPolicyOfCaller = (value, name) => {
  if (typeof value === 'string') return;
  checkFields(value, { all_of: listOf(checkString, 1) }, name);
};

const endpointFields = {
  js_module: textUpTo(1000),
  js_function: textUpTo(200),
  mode: optional(oneOf('readwrite', 'readonly', 'historical')),
  forwarding_required: optional(oneOf('sometimes', 'always', 'never')),
  redirection_strategy: optional(oneOf('none', 'to_primary', 'to_backup')),
  openapi: optional(checkObject),
  openapi_hidden: optional(checkBoolean),
  authn_policies: listOf(checkPolicyOfCaller),
  interpreter_reuse: optional((value, name) => checkFields(value, { key: checkString }, name)),
};

function checkBundle(bundle, name) {
  checkFields(bundle, { metadata: checkObject, modules: listOf(checkObject) }, name);
  for (const [index, module] of bundle.modules.entries()) {
    checkFields(module, { name: textUpTo(1000), module: checkString }, `${name}.modules[${index}]`);
  }
  const { endpoints } = bundle.metadata;
  checkObject(endpoints, `${name}.metadata.endpoints`);
  const modules = new Set(bundle.modules.map((module) => module.name));
  for (const [path, methods] of Object.entries(endpoints)) {
    const place = `${name}.metadata.endpoints["${path}"]`;
    checkObject(methods, place);
    for (const [method, endpoint] of Object.entries(methods)) {
      checkFields(endpoint, endpointFields, `${place}.${method}`);
      if (!modules.has(endpoint.js_module)) {
        throw new Error(`${place}.${method}.js_module: the bundle has no module "${endpoint.js_module}"`);
      }
    }
  }
}

function clearApp() {
  for (const table of [moduleTable, endpointTable, ...bytecodeTables]) ccf.kv[table].clear();
}

const caTable = 'public:ccf.gov.tls.ca_cert_bundles';
const issuerTable = 'public:ccf.gov.jwt.issuers';

/** A JSON Web Key (RFC 7517): a certificate, or the numbers of an RSA or EC key. Other fields are left alone. */
const checkJsonWebKey = (key, name) => {
  checkObject(key, name);
  checkString(key.kid, `${name}.kid`);
  checkString(key.kty, `${name}.kty`);
  if (key.x5c) listOf(checkString, 1)(key.x5c, `${name}.x5c`);
  else if (key.n || key.e) for (const part of ['n', 'e']) checkString(key[part], `${name}.${part}`);
  else if (key.x || key.y) for (const part of ['x', 'y', 'crv']) checkString(key[part], `${name}.${part}`);
  else throw new Error(`${name} must have x5c, or n and e, or x, y and crv`);
};

const checkKeySet = (value, name) => {
  checkObject(value, name);
  listOf(checkJsonWebKey, 1)(value.keys, `${name}.keys`);
};

function checkIssuer(args) {
  checkFields(args, {
    issuer: textUpTo(1000),
    ca_cert_bundle_name: optional(textUpTo(200)),
    auto_refresh: optional(checkBoolean),
    jwks: optional(checkKeySet),
  });
  if (!args.auto_refresh) return;
  if (!/^https:\/\/[^/?#]+(\/[^?#]*)?$/.test(args.issuer)) {
    throw new Error(
      'issuer must be a URL that begins with https://, without query or fragment, for auto_refresh',
    );
  }
  if (!args.ca_cert_bundle_name) throw new Error('ca_cert_bundle_name must be given for auto_refresh');
}

const appActions = {
  set_js_app: {
    check: (args) =>
      checkFields(args, { bundle: checkBundle, disable_bytecode_cache: optional(checkBoolean) }),
    apply({ bundle }) {
      clearApp();
      for (const { name, module } of bundle.modules) writeText(moduleTable, `/${name}`, module);
      for (const [path, methods] of Object.entries(bundle.metadata.endpoints)) {
        for (const [method, endpoint] of Object.entries(methods)) {
          const row = { ...endpoint, js_module: `/${endpoint.js_module}` };
          writeRow(endpointTable, `${method.toUpperCase()} ${path}`, row);
        }
      }
      writeRow(flushTable, undefined, true);
    },
  },
  remove_js_app: {
    check: checkNoArguments,
    apply() {
      clearApp();
      ccf.kv[flushTable].clear();
    },
  },
  set_js_runtime_options: {
    check: (args) =>
      checkFields(args, {
        max_heap_bytes: wholeNumber(1),
        max_stack_bytes: wholeNumber(1),
        max_execution_time_ms: wholeNumber(1),
        log_exception_details: optional(checkBoolean),
        return_exception_details: optional(checkBoolean),
        max_cached_interpreters: optional(wholeNumber(0)),
      }),
    apply: (args) => writeRow('public:ccf.gov.js_runtime_options', undefined, args),
  },
  refresh_js_app_bytecode_cache: { check: checkNoArguments, apply: () => ccf.refreshAppBytecodeCache() },

  set_ca_cert_bundle: {
    check: (args) => checkFields(args, { name: textUpTo(200), cert_bundle: checkCertificates }),
    apply: ({ name, cert_bundle }) => writeRow(caTable, name, cert_bundle),
  },
  remove_ca_cert_bundle: {
    check: (args) => checkFields(args, { name: textUpTo(200) }),
    apply: ({ name }) => removeRow(caTable, name),
  },
  set_jwt_issuer: {
    check: checkIssuer,
    apply({ jwks, ...metadata }) {
      const { issuer, auto_refresh, ca_cert_bundle_name } = metadata;
      if (auto_refresh && !hasRow(caTable, ca_cert_bundle_name)) {
        throw new Error(`ca_cert_bundle_name: there is no bundle "${ca_cert_bundle_name}"`);
      }
      if (jwks) ccf.setJwtPublicSigningKeys(issuer, metadata, jwks);
      writeRow(issuerTable, issuer, metadata);
    },
  },
  set_jwt_public_signing_keys: {
    check: (args) => checkFields(args, { issuer: textUpTo(1000), jwks: checkKeySet }),
    apply({ issuer, jwks }) {
      const metadata = readRow(issuerTable, issuer);
      if (metadata === undefined) throw new Error(`issuer: there is no issuer ${issuer}`);
      ccf.setJwtPublicSigningKeys(issuer, metadata, jwks);
    },
  },
  remove_jwt_issuer: {
    check: (args) => checkFields(args, { issuer: textUpTo(1000) }),
    apply({ issuer }) {
      if (!hasRow(issuerTable, issuer)) return;
      removeRow(issuerTable, issuer);
      ccf.removeJwtPublicSigningKeys(issuer);
    },
  },
};
