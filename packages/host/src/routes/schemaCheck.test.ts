/**
 * As much of JSON Schema as the schemas of this room use, to hold answers to their documents.
 */
import { componentSchemas, type Schema } from './schemas.js';

type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with `value`, by path; empty when nothing is. */
export function schemaFaults(value: unknown, schema: Schema, path = '$'): string[] {
  const { $ref, oneOf } = schema;
  if (typeof $ref === 'string') {
    const name = $ref.split('/').at(-1) as keyof typeof componentSchemas;
    return schemaFaults(value, componentSchemas[name], path);
  }
  if (Array.isArray(oneOf)) {
    const fitting = oneOf.filter((one: Schema) => schemaFaults(value, one, path).length === 0);
    return fitting.length === 1 ? [] : [`${path} fits ${fitting.length} of the alternatives`];
  }
  return [...typeFaults(value, schema, path), ...innerFaults(value, schema, path)];
}

function typeFaults(value: unknown, schema: Schema, path: string): string[] {
  const { type, enum: allowed, pattern, const: constant } = schema;
  const actual = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const types = type === undefined ? [] : [type].flat();
  const fits =
    types.length === 0 ||
    types.includes(actual) ||
    (types.includes('integer') && Number.isSafeInteger(value));
  if (!fits) return [`${path} is ${actual} and not ${types}`];
  if (constant !== undefined && value !== constant) return [`${path} is not ${String(constant)}`];
  if (Array.isArray(allowed) && !allowed.includes(value)) return [`${path} is ${String(value)}`];
  if (typeof pattern === 'string' && !new RegExp(pattern).test(String(value)))
    return [`${path} is ${String(value)}`];
  return [];
}

function innerFaults(value: unknown, schema: Schema, path: string): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      schemaFaults(item, (schema['items'] ?? {}) as Schema, `${path}[${index}]`),
    );
  }
  if (typeof value !== 'object' || value === null) return [];
  const fields = value as Fields;
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  const missing = ((schema['required'] ?? []) as string[]).filter((name) => !(name in fields));
  const { additionalProperties } = schema as { additionalProperties?: Schema };
  const unknown = additionalProperties === undefined && schema['properties'] !== undefined;
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...Object.entries(fields).flatMap(([name, inner]) => {
      const known = properties[name] ?? additionalProperties;
      if (known !== undefined) return schemaFaults(inner, known, `${path}.${name}`);
      return unknown ? [`${path}.${name} is not documented`] : [];
    }),
  ];
}
