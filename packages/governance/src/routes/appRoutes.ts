/**
 * What code may run: `/gov/service/javascript-app`, its modules (under both names that CCF uses), and the join policy.
 */
import type { Reader } from '@coco/kv';
import { refuse } from '../requests/refusal.js';
import { answerJson, answerScript } from '../requests/responses.js';
import { type JsonObject, objectRows, parseJson, readText, textRows } from '../rows.js';
import { governanceTables } from '../tables.js';
import type { GovernanceAnswer } from '../types.js';
import type { Route, RouteRequest } from './router.js';

const versions = ['2024-07-01'];

export const appRoutes: readonly Route[] = [
  { method: 'GET', template: '/gov/service/javascript-app', versions, handle: app },
  { method: 'GET', template: '/gov/service/javascript-modules', versions, handle: modules },
  { method: 'GET', template: '/gov/service/javascript-modules/{moduleName*}', versions, handle: module },
  { method: 'GET', template: '/gov/service/js-modules', versions, handle: modules },
  { method: 'GET', template: '/gov/service/js-modules/{moduleName*}', versions, handle: module },
  { method: 'GET', template: '/gov/service/join-policy', handle: joinPolicy },
];

function app({ transaction, query }: RouteRequest): GovernanceAnswer {
  const shape = query['case'];
  if (shape !== undefined && shape !== 'original') {
    refuse(400, 'InvalidQueryParameterValue', 'the query parameter case can only be "original"');
  }
  const endpoints = new Map<string, Record<string, unknown>>();
  for (const [key, row] of objectRows(transaction, governanceTables.endpoints)) {
    const at = key.indexOf(' ');
    const [verb, path] = [key.slice(0, at), key.slice(at + 1)];
    const operations = endpoints.get(path) ?? {};
    operations[verb] = shape === 'original' ? row : endpointBody(row);
    endpoints.set(path, operations);
  }
  return answerJson({ endpoints: Object.fromEntries(endpoints) });
}

function endpointBody(row: JsonObject): JsonObject {
  const capital = (value: unknown, otherwise: string): string => {
    const text = typeof value === 'string' && value !== '' ? value : otherwise;
    return text.charAt(0).toUpperCase() + text.slice(1);
  };
  const modes: Readonly<Record<string, string>> = { readwrite: 'ReadWrite', readonly: 'ReadOnly' };
  const mode = String(row['mode'] ?? 'readwrite');
  return {
    jsModule: row['js_module'] ?? '',
    jsFunction: row['js_function'] ?? '',
    forwardingRequired: capital(row['forwarding_required'], 'always'),
    redirectionStrategy: row['redirection_strategy'] ?? 'none',
    authnPolicies: row['authn_policies'] ?? [],
    mode: (Object.hasOwn(modes, mode) ? modes[mode] : undefined) ?? capital(mode, 'readwrite'),
    openApi: row['openapi'] ?? {},
  };
}

function modules({ transaction }: RouteRequest): GovernanceAnswer {
  const value = [...textRows(transaction, governanceTables.modules)].map(([moduleName]) => ({ moduleName }));
  return answerJson({ value });
}

function module({ transaction, path }: RouteRequest): GovernanceAnswer {
  const name = path['moduleName'] ?? '';
  // Names begin with a slash, which a path cannot say.
  const source =
    readText(transaction, governanceTables.modules, `/${name}`) ??
    readText(transaction, governanceTables.modules, name);
  if (source === undefined) refuse(404, 'ResourceNotFound', `there is no module ${name.slice(0, 200)}`);
  return answerScript(source);
}

function joinPolicy({ transaction }: RouteRequest): GovernanceAnswer {
  return answerJson({
    sgx: { measurements: allowed(transaction, governanceTables.nodeCodeIds) },
    snp: {
      measurements: allowed(transaction, governanceTables.snpMeasurements),
      hostData: values(transaction, governanceTables.snpHostData),
      uvmEndorsements: values(transaction, governanceTables.snpUvmEndorsements),
      tcbVersions: values(transaction, governanceTables.snpTcbVersions),
    },
    virtual: {
      measurements: allowed(transaction, governanceTables.virtualMeasurements),
      hostData: [...textRows(transaction, governanceTables.virtualHostData)].map(([key]) => key),
    },
    // What Coco asks for besides: approved measurements of all its parts, and the platforms that may run them.
    codeManifest: values(transaction, governanceTables.codeManifest),
    teeManifest: values(transaction, governanceTables.teeManifest),
  });
}

/** Keys of the rows that say "AllowedToJoin". */
function allowed(reader: Reader, table: string): readonly string[] {
  return [...textRows(reader, table)]
    .filter(([, value]) => parseJson(value) === 'AllowedToJoin')
    .map(([key]) => key);
}

function values(reader: Reader, table: string): Readonly<Record<string, unknown>> {
  const rows = [...textRows(reader, table)].map(([key, value]) => [key, parseJson(value) ?? null] as const);
  return Object.fromEntries(rows);
}
