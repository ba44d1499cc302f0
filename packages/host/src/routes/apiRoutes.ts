/**
 * The endpoints that describe all endpoints of a door, themselves among them.
 */
import { govOpenApi } from '@coco/governance';
import { cocoVersion } from '../version.js';
import { json } from './answers.js';
import { openApiDocument, operationObject } from './openApi.js';
import type { Route } from './route.js';
import { ref, type Schema } from './schemas.js';

/** `routes` and, under `prefix`, the description of them all. */
export function withApi(prefix: '/app' | '/node', routes: readonly Route[]): readonly Route[] {
  const title = prefix === '/app' ? 'Coco: application endpoint' : 'Coco: administrative endpoint';
  const description = `What every node answers under ${prefix} by itself.`;
  const api: Route = {
    method: 'GET',
    path: `${prefix}/api`,
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1', schema: ref('OpenApi') } },
    handle: () => json(200, openApiDocument({ title, description, version: cocoVersion, routes: all })),
  };
  const all = [...routes, api];
  return all;
}

/** The description of governance, which has no part in it itself. */
export const govApiRoute: Route = {
  method: 'GET',
  path: '/gov/api',
  summary: 'This document',
  answers: { 200: { description: 'OpenAPI 3.1', schema: { type: 'object' } } },
  handle: () => {
    const document = govOpenApi() as Readonly<Record<string, Schema>>;
    const { default: _, ...responses } = operationObject(govApiRoute)['responses'] as Schema;
    const get = { ...operationObject(govApiRoute), responses };
    return json(200, { ...document, paths: { ...document['paths'], '/gov/api': { get } } });
  },
};
