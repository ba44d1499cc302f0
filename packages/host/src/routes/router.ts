/**
 * Finds the route of a request.
 */
import type { HttpRequest, HttpResponse } from '../http.js';
import { failure } from './answers.js';
import type { Route } from './route.js';

export type Router = (request: HttpRequest) => HttpResponse | Promise<HttpResponse> | undefined;

/** Answers what `routes` serve; undefined for a path that none of them has. */
export function createRouter(routes: readonly Route[]): Router {
  const literal = new Map<string, Route[]>();
  const patterns: { readonly segments: readonly string[]; readonly route: Route }[] = [];
  for (const route of routes) {
    if (route.path.includes('{')) patterns.push({ segments: route.path.split('/'), route });
    else literal.set(route.path, [...(literal.get(route.path) ?? []), route]);
  }
  return (request) => {
    const segments = request.path.split('/');
    const candidates = literal.get(request.path) ?? patterns.filter(fits(segments)).map(({ route }) => route);
    if (candidates.length === 0) return undefined;
    const route = candidates.find(({ method }) => method === request.method);
    if (route === undefined) {
      const allow = candidates.map(({ method }) => method).join(', ');
      const refusal = failure(405, 'UnsupportedHttpVerb', `${request.path} takes ${allow}`);
      return { ...refusal, headers: { ...refusal.headers, allow } };
    }
    const parameters = parametersOf(route.path.split('/'), segments);
    return route.handle({ request, parameters, query: new URLSearchParams(request.query) });
  };
}

const isParameter = (segment: string): boolean => segment.startsWith('{');

function fits(segments: readonly string[]) {
  return ({ segments: pattern }: { readonly segments: readonly string[] }): boolean =>
    pattern.length === segments.length &&
    pattern.every((part, at) => (isParameter(part) ? segments[at] !== '' : part === segments[at]));
}

function parametersOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> {
  const found = pattern.flatMap((part, at) =>
    isParameter(part) ? [[part.slice(1, -1), segments[at] as string]] : [],
  );
  return Object.fromEntries(found) as Record<string, string>;
}
