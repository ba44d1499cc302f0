/**
 * Checks a value against the part of JSON Schema that the OpenAPI document uses. Properties that a schema does not name are
 * refused, so that a document cannot fall behind its answers.
 */

import { type Schema, schemas } from '../openapi/schemas.js';
import { isJsonObject } from '../rows.js';

/** What is wrong with `value`, with the place; empty when nothing is. */
export function schemaErrors(schema: Schema, value: unknown, at = '$'): readonly string[] {
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const name = reference.slice('#/components/schemas/'.length) as keyof typeof schemas;
    return schemaErrors(schemas[name], value, at);
  }
  const errors: string[] = [];
  const type = schema['type'];
  const types = type === undefined ? undefined : Array.isArray(type) ? type : [type];
  if (types !== undefined && !types.some((one) => isType(one, value))) {
    return [`${at} is not ${types.join(' or ')}: ${JSON.stringify(value)}`];
  }
  const { pattern, enum: values, minimum } = schema;
  if (typeof pattern === 'string' && !new RegExp(pattern).test(String(value)))
    errors.push(`${at} is not ${pattern}`);
  if (Array.isArray(values) && !values.includes(value)) errors.push(`${at} is none of ${values.join(', ')}`);
  if (typeof minimum === 'number' && (value as number) < minimum) errors.push(`${at} is too small`);
  if (Array.isArray(value)) {
    const items = schema['items'] as Schema;
    return [...errors, ...value.flatMap((one, index) => schemaErrors(items, one, `${at}[${index}]`))];
  }
  return isJsonObject(value) && type !== undefined ? [...errors, ...fieldErrors(schema, value, at)] : errors;
}

function fieldErrors(schema: Schema, value: Schema, at: string): readonly string[] {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const additional = schema['additionalProperties'] as Schema | undefined;
  const required = (schema['required'] ?? []) as readonly string[];
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${at}.${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, field]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : additional;
    return known === undefined
      ? [`${at}.${name} is not in the schema`]
      : schemaErrors(known, field, `${at}.${name}`);
  });
  return [...missing, ...wrong];
}

function isType(type: unknown, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isJsonObject(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
