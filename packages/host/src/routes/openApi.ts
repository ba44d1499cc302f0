/**
 * The OpenAPI 3.1 document of a set of routes.
 */
import type { Answer, Route } from './route.js';
import { componentSchemas, ref, type Schema } from './schemas.js';

export interface OpenApiOptions {
  readonly title: string;
  readonly description: string;
  /** Of the interface. */
  readonly version: string;
  readonly routes: readonly Route[];
}

/** The document, as JSON. */
export function openApiDocument({ title, description, version, routes }: OpenApiOptions): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    paths[route.path] = path;
    path[route.method.toLowerCase()] = operationObject(route);
  }
  return {
    openapi: '3.1.0',
    info: { title, description, version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: componentSchemas },
  };
}

/** The entry of one route. */
export function operationObject({ method, path, summary, query = [], body, answers }: Route): Schema {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = query.map(({ name, description, required = false, schema }) => ({
    name,
    in: 'query',
    description,
    required,
    schema,
  }));
  const parameters = [...inPath, ...inQuery];
  const error = { description: 'Why not', schema: ref('Error') };
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: body } } },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
      default: response(error),
    },
  };
}

function response({ description, schema, contentType = 'application/json' }: Answer): Schema {
  return schema === undefined ? { description } : { description, content: { [contentType]: { schema } } };
}
