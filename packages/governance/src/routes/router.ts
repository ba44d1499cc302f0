/**
 * From a request to its handler: CCF's versioned paths, `{name}` standing for one segment, or for the rest of the path when
 * it comes last as `{name*}`.
 */
import type { AdapterRequest } from '@coco/adapter';
import type { Scope } from '../proposals/scope.js';
import { refuse } from '../requests/refusal.js';
import type { GovernanceAnswer } from '../types.js';

/** What a handler works with. */
export interface RouteRequest extends Scope {
  readonly request: AdapterRequest;
  /** What stands in the path for each `{name}`. */
  readonly path: Readonly<Record<string, string>>;
  /** Decoded; the last of several values of one name. */
  readonly query: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly template: string;
  /** Whether it may write, and only the primary can answer. */
  readonly primary?: boolean;
  /** Versions that have it. Default: all. */
  readonly versions?: readonly string[];
  /** Coco's own, which may be asked for without a version. */
  readonly unversioned?: boolean;
  readonly handle: (request: RouteRequest) => GovernanceAnswer;
}

export const apiVersions: readonly string[] = ['2023-06-01-preview', '2024-07-01'];

/** The route of a request among `routes`, and what its path says; undefined when there is none. */
export function findRoute(
  routes: readonly Route[],
  request: Pick<AdapterRequest, 'method' | 'path'>,
): { readonly route: Route; readonly path: Readonly<Record<string, string>> } | undefined {
  for (const route of routes) {
    if (route.method !== request.method) continue;
    const match = pattern(route.template).exec(request.path);
    if (match !== null) return { route, path: { ...match.groups } };
  }
  return undefined;
}

/** Refuses a path that no route serves, or none with this method. */
export function refuseUnrouted(routes: readonly Route[], { method, path }: AdapterRequest): never {
  const others = routes.filter(({ template }) => pattern(template).test(path)).map((route) => route.method);
  if (others.length === 0) refuse(404, 'ResourceNotFound', `there is nothing at ${path.slice(0, 200)}`);
  refuse(
    405,
    'UnsupportedHttpVerb',
    `${method.slice(0, 20)} is not supported here, but ${others.join(', ')}`,
  );
}

/** Refuses a version that is missing or that does not have the route. */
export function checkVersion(route: Route, query: Readonly<Record<string, string>>): void {
  const version = query['api-version'];
  if (version === undefined) {
    if (route.unversioned === true) return;
    refuse(
      400,
      'MissingApiVersionParameter',
      `the query must say api-version, one of ${apiVersions.join(', ')}`,
    );
  }
  if ((route.versions ?? apiVersions).includes(version)) return;
  const supported = (route.versions ?? apiVersions).join(', ');
  refuse(400, 'UnsupportedApiVersionValue', `the api-version is not supported here, but ${supported}`);
}

/** The parameters of a query (application/x-www-form-urlencoded). */
export function parseQuery(query: string): Readonly<Record<string, string>> {
  const parameters: [string, string][] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const [name, value] = at === -1 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
    parameters.push([decode(name), decode(value)]);
  }
  return Object.fromEntries(parameters);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    refuse(400, 'InvalidQueryParameterValue', 'the query is not well-formed');
  }
}

const patterns = new Map<string, RegExp>();

function pattern(template: string): RegExp {
  let made = patterns.get(template);
  if (made === undefined) {
    const source = template.replaceAll(/\{(\w+)\*\}/g, '(?<$1>.+)').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/:]+)');
    made = new RegExp(`^${source}$`);
    patterns.set(template, made);
  }
  return made;
}
