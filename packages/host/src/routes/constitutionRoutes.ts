/**
 * The constitution itself, row by row: whoever is shown its digest can calculate it from them, and need not believe a node what
 * stands in a constitution with that digest (GOV-8).
 */
import type { Reader } from '@coco/kv';
import { constitutionRowsJson } from '../constitutionRows.js';
import type { HttpResponse } from '../http.js';
import { json } from './answers.js';
import type { NetworkFacts } from './networkRoutes.js';
import type { Route } from './route.js';
import { objectOf, plain, ref } from './schemas.js';

export interface ConstitutionFacts extends Pick<NetworkFacts, 'network'> {
  /** Governance tables as committed. */
  readonly tables: () => Reader;
}

export function constitutionRoutes({ network, tables }: ConstitutionFacts): readonly Route[] {
  const { string, listOf, mapOf } = plain;
  /** Everybody may ask, and it can be long. */
  let held: { readonly digest: string; readonly answer: HttpResponse } | undefined;
  return [
    {
      method: 'GET',
      path: '/node/constitution',
      summary: 'Every row of every policy table, from which the digest of the constitution follows',
      answers: {
        200: {
          description: 'Rows by table: key and value, each in base64, ascending by key',
          schema: objectOf({ digest: ref('EntityId'), tables: mapOf(listOf(listOf(string))) }),
        },
      },
      handle: () => {
        const digest = network().constitutionDigest;
        if (held?.digest !== digest) {
          held = { digest, answer: json(200, { digest, tables: constitutionRowsJson(tables()) }) };
        }
        return held.answer;
      },
    },
  ];
}
