/**
 * The endpoint that describes all endpoints of a door, itself among them.
 */
import { cocoVersion } from '../version.js';
import { json } from './answers.js';
import { openApiDocument } from './openApi.js';
import type { Route } from './route.js';
import { ref } from './schemas.js';

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
