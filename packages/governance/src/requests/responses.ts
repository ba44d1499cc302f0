/**
 * Answers as bytes: JSON, scripts as text, errors in OData's format.
 */
import type { AdapterResponse } from '@coco/adapter';
import { utf8 } from '@coco/primitives';
import { jsonBytes } from '../rows.js';
import type { GovernanceAnswer } from '../types.js';
import type { Refusal } from './refusal.js';

/** A read's answer. */
export function answerJson(body: unknown): GovernanceAnswer {
  return { response: json(200, body), writes: false };
}

/** The answer to a request that changed something. */
export function answerWritten(body: unknown): GovernanceAnswer {
  return { response: json(200, body), writes: true };
}

/** 204, to a request that changed something or (`writes` false) had nothing left to change. */
export function answerNothing(writes: boolean): GovernanceAnswer {
  return { response: { status: 204, headers: {}, body: new Uint8Array(0) }, writes };
}

export function answerScript(source: string): GovernanceAnswer {
  const headers = { 'content-type': 'text/javascript' };
  return { response: { status: 200, headers, body: utf8(source) }, writes: false };
}

/** `{"error": {"code", "message"}}`, which changes nothing. */
export function answerRefusal(refusal: Pick<Refusal, 'status' | 'code' | 'message'>): GovernanceAnswer {
  const { status, code, message } = refusal;
  const response = json(status, { error: { code, message } });
  return {
    response: { ...response, headers: { ...response.headers, 'x-ms-error-code': code } },
    writes: false,
  };
}

function json(status: number, body: unknown): AdapterResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: jsonBytes(body) };
}
