// Checks of the arguments of actions. A check takes a value and what it is called, and throws a sentence that names it.

/** The arguments of an action, field by field; fields that are not named here are refused. */
function checkFields(value, fields, name = 'args') {
  checkObject(value, name);
  for (const field of Object.keys(value)) {
    if (!Object.hasOwn(fields, field)) throw new Error(`${name} has an unknown field "${field}"`);
  }
  for (const [field, check] of Object.entries(fields)) {
    check(value[field], name === 'args' ? field : `${name}.${field}`);
  }
}

/** Nothing at all, which some write as an empty object. */
function checkNoArguments(value) {
  if (value === undefined || value === null) return;
  checkFields(value, {});
}

function checkObject(value, name) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${name} must be an object`);
  }
}

function checkBoolean(value, name) {
  if (typeof value !== 'boolean') throw new Error(`${name} must be true or false`);
}

function checkString(value, name) {
  if (typeof value !== 'string') throw new Error(`${name} must be a string`);
}

/** The hex SHA-256 by which members, participants, users and nodes are known. */
function checkId(value, name) {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) {
    throw new Error(`${name} must be 64 lower-case hexadecimal digits`);
  }
}

/** One or more certificates in PEM, of any kind of key. */
function checkCertificates(value, name) {
  if (!ccf.crypto.isValidX509CertBundle(value)) {
    throw new Error(`${name} must be an X.509 certificate (or several) in PEM`);
  }
}

/** One certificate that an actor can sign requests with. */
function checkActorCertificate(value, name) {
  checkString(value, name);
  try {
    coco.readCertificate(value);
  } catch (error) {
    throw new Error(`${name}: ${error.message}`);
  }
}

function checkPublicKey(value, name) {
  if (!coco.isPublicKey(value)) throw new Error(`${name} must be a public key in PEM`);
}

/** The time from which a certificate is valid: ISO 8601 ("2025-01-31T00:00:00Z") or ASN.1 ("250131000000Z"). */
function checkTime(value, name) {
  const iso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
  if (typeof value !== 'string' || !(iso.test(value) || /^(\d{2})?\d{12}Z$/.test(value))) {
    throw new Error(`${name} must be a time, for example 2025-01-31T00:00:00Z`);
  }
}

// Makers of checks.

function optional(check) {
  return (value, name) => {
    if (value !== undefined && value !== null) check(value, name);
  };
}

/** Null must be said: to leave it out is no answer. */
function orNull(check) {
  return (value, name) => {
    if (value !== null) check(value, name);
  };
}

function textUpTo(most) {
  return (value, name) => {
    if (typeof value !== 'string' || value === '' || value.length > most) {
      throw new Error(`${name} must be a string of 1 to ${most} characters`);
    }
  };
}

function anyTextUpTo(most) {
  return (value, name) => {
    if (typeof value !== 'string' || value.length > most) {
      throw new Error(`${name} must be a string of at most ${most} characters`);
    }
  };
}

function wholeNumber(least, most = Number.MAX_SAFE_INTEGER) {
  return (value, name) => {
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new Error(`${name} must be a whole number ${range}`);
    }
  };
}

function oneOf(...values) {
  return (value, name) => {
    if (!values.includes(value)) throw new Error(`${name} must be one of ${values.join(', ')}`);
  };
}

/** Lower-case hexadecimal digits for `least` to `most` bytes. */
function hexOf(least, most = least) {
  const digits = new RegExp(`^([0-9a-f]{2}){${least},${most}}$`);
  return (value, name) => {
    if (typeof value !== 'string' || !digits.test(value)) {
      const bytes = least === most ? `${least}` : `${least} to ${most}`;
      throw new Error(`${name} must be lower-case hexadecimal digits for ${bytes} bytes`);
    }
  };
}

function listOf(check, least = 0) {
  return (value, name) => {
    if (!Array.isArray(value) || value.length < least) {
      throw new Error(`${name} must be a list${least > 0 ? ` of at least ${least}` : ''}`);
    }
    for (const [index, item] of value.entries()) check(item, `${name}[${index}]`);
  };
}
