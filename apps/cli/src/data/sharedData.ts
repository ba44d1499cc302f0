/**
 * Data that goes point to point, as a node tells of it (CONF-6): `/node/data`.
 */
import type { Client } from '@coco/client';
import type { OptionValues } from '../command.js';
import { accessOptions, actorOptions, jsonOption, withActorClient } from '../governance/access.js';
import { type JsonView, viewOf } from '../governance/jsonView.js';
import { findNamed } from '../governance/naming.js';

/** One that is recorded between the caller and others. */
export interface SharedData {
  /** Its digest. */
  readonly id: string;
  readonly parties: readonly string[];
  readonly by: string;
  readonly size: number;
  readonly state: string;
  readonly recordedAtMs: number;
  readonly expiresAtMs?: number;
  readonly expiresAtSeqno?: number;
  /** As the node says it. */
  readonly value: unknown;
}

/** What every `coco data` command takes. */
export const dataOptions = { ...jsonOption, ...accessOptions, ...actorOptions } as const;

export const dataPath = '/node/data';

/** The nodes of all parties have to answer. */
const timeoutMs = 120_000;

/** Runs `work` as the actor that the options name, at a node of the actor’s own. */
export function withParty<Result>(
  options: OptionValues,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  return withActorClient(options, work, timeoutMs);
}

/** What there is for the caller at this node. */
export async function readData(client: Pick<Client, 'getJson'>): Promise<readonly SharedData[]> {
  return viewOf(await client.getJson(dataPath))
    .list('value')
    .map(dataOf);
}

function dataOf(view: JsonView): SharedData {
  const [expiresAtMs, expiresAtSeqno] = [view.number('expires_at'), view.number('expires_at_seqno')];
  return {
    id: view.text('digest'),
    parties: view.texts('parties'),
    by: view.text('by'),
    size: view.number('size') ?? 0,
    state: view.text('state'),
    recordedAtMs: view.number('recorded_at') ?? 0,
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(expiresAtSeqno !== undefined && { expiresAtSeqno }),
    value: view.value,
  };
}

/** The digest that `given` is, or is the beginning of. COCO_CLI_NAME. */
export async function digestNamed(client: Pick<Client, 'getJson'>, given: string): Promise<string> {
  if (/^[0-9a-f]{64}$/.test(given)) return given;
  return findNamed(given, await readData(client), 'piece of data').id;
}
