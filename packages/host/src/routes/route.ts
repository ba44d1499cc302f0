/**
 * A built-in endpoint: what serves it and what documents it stand together, so that neither can be without the other.
 */
import type { HttpRequest, HttpResponse } from '../http.js';
import type { Schema } from './schemas.js';

export type RouteMethod = 'GET' | 'HEAD' | 'POST' | 'DELETE';

/** A parameter in the query. */
export interface QueryParameter {
  readonly name: string;
  readonly description: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

/** One kind of answer. */
export interface Answer {
  readonly description: string;
  /** Of the body; absent when there is none. */
  readonly schema?: Schema;
  /** Default application/json. */
  readonly contentType?: string;
}

export interface Route {
  readonly method: RouteMethod;
  /** `{name}` stands for any one segment; a route without one is preferred. */
  readonly path: string;
  readonly summary: string;
  readonly query?: readonly QueryParameter[];
  /** JSON that the request carries. */
  readonly body?: Schema;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly handle: (request: RouteRequest) => HttpResponse | Promise<HttpResponse>;
}

/** A request for a route. */
export interface RouteRequest {
  readonly request: HttpRequest;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}
