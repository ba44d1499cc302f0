/**
 * An OpenAPI document that a node serves, and whether an answer of the node is one that it announces.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';

/** A document, as JSON. */
export type OpenApiDocument = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
};

export interface DocumentedOperation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

export interface GivenAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly text: string;
}

export interface Documented {
  /** "GET /node/commit" and so on. */
  readonly operations: readonly string[];
  /** What is not announced about `answer` to `operation`; empty when all of it is. */
  faults(operation: string, answer: GivenAnswer): readonly string[];
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A document that no answer may go beyond: fields that it does not name are faults too. */
export function documented(document: OpenApiDocument): Documented {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(closed(document as unknown as Json) as object, 'document');
  const of = new Map<string, { path: string; method: string; operation: DocumentedOperation }>(
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(
        ([method, operation]) => [`${method.toUpperCase()} ${path}`, { path, method, operation }] as const,
      ),
    ),
  );
  return {
    operations: [...of.keys()],
    faults(name, { status, contentType, text }) {
      const found = of.get(name);
      if (found === undefined) return [`${name} is not in the document`];
      const { path, method, operation } = found;
      const key = Object.hasOwn(operation.responses, String(status)) ? String(status) : 'default';
      const response = operation.responses[key];
      if (response === undefined) return [`status ${status} is not announced`];
      // `default` is for refusals.
      if (key === 'default' && status < 400) return [`status ${status} is not announced`];
      if (response.content === undefined)
        return text === '' ? [] : [`status ${status} is announced without content`];
      const type = (contentType ?? '').split(';')[0] ?? '';
      const announced = Object.keys(response.content).find(
        (one) => one === contentType || one.split(';')[0] === type,
      );
      if (announced === undefined)
        return [`content type ${contentType} is not announced for status ${status}`];
      if (method === 'head') return [];
      const value: unknown = type === 'application/json' ? JSON.parse(text) : text;
      const at = ['paths', path, method, 'responses', key, 'content', announced, 'schema'].map(pointerPart);
      const check = ajv.compile({ $ref: `document#/${at.join('/')}` });
      return check(value)
        ? []
        : (check.errors ?? []).map(
            (one) => `${one.instancePath} ${one.message} ${JSON.stringify(one.params)}`,
          );
    },
  };
}

function pointerPart(text: string): string {
  return encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** The same with every object closed that says which properties it has. */
function closed(value: Json): Json {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, closed(one)]));
  const isOpen =
    inner['type'] === 'object' &&
    typeof inner['properties'] === 'object' &&
    !('additionalProperties' in inner);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}
