/**
 * A request to an endpoint that a document announces, and how such requests are made.
 */
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import { decide } from '../governed/person.js';
import type { Asking } from './ask.js';
import type { GivenAnswer } from './documented.js';

/** Whose document it is. */
export type Door = 'node' | 'gov' | 'app';

export interface Asked extends Asking {
  readonly door: Door;
  /** As in the document: "GET /node/network/nodes/{node_id}". */
  readonly operation: string;
  readonly expected: readonly number[];
  /** Asked of the second node; otherwise of the first. */
  readonly backup?: boolean;
}

export interface Means {
  /** Asks, when a request needs what another says. */
  send(asked: Omit<Asked, 'operation' | 'expected'>): Promise<GivenAnswer>;
  /** Writes a file where people are. */
  write(file: string, content: string): void;
}

const absent = '0'.repeat(64);

/** A request to the endpoint `template`, with `filled` in place of its parameters. */
export function of(
  door: Door,
  method: string,
  template: string,
  expected: readonly number[],
  rest: Partial<Omit<Asked, 'path'>> & {
    readonly filled?: Readonly<Record<string, string>>;
    readonly query?: string;
  } = {},
): Asked {
  const { filled = {}, query, ...more } = rest;
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => filled[name] ?? absent);
  return {
    door,
    method,
    operation: `${method} ${template}`,
    path: query === undefined ? path : `${path}?${query}`,
    expected,
    ...more,
  };
}

/** The members accept the proposal whose actions these are. */
export async function accept(
  network: GovernedNetwork,
  { write }: Means,
  actions: readonly unknown[],
): Promise<string> {
  write('proposal.json', JSON.stringify({ actions }));
  const [proposer, ...others] = [...network.people.values()].filter(({ kind }) => kind === 'member');
  if (proposer === undefined) throw new Error('there is no member');
  return decide(proposer, others, 'proposal.json');
}
