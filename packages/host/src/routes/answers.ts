/**
 * The few forms that answers of built-in endpoints have. Failures have CCF's form and, where CCF has one, its code.
 */
import type { HttpResponse } from '../http.js';

export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: new TextEncoder().encode(JSON.stringify(value)),
  };
}

export function text(value: string, contentType: string): HttpResponse {
  return { status: 200, headers: { 'content-type': contentType }, body: new TextEncoder().encode(value) };
}

/** `{"error":{"code","message"}}`. */
export function failure(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return json(status, { error: { code, message } }, headers);
}

/** "It is there": 307 for what moves with the primary, 308 for what does not. */
export function redirect(status: 307 | 308, location: string): HttpResponse {
  return { status, headers: { location }, body: new Uint8Array() };
}

export const empty: HttpResponse = { status: 200, headers: {}, body: new Uint8Array() };
