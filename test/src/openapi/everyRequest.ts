/**
 * Requests to every endpoint of a node, good ones and bad ones, and the status that each is to get.
 */
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import { type Asked, type Means, of } from './asked.js';
import { governanceRequests } from './governanceRequests.js';
import { nodeRequests } from './nodeRequests.js';

/** All of them, in an order that makes sense: what is asked changes the network. */
export async function* everyRequest(network: GovernedNetwork, means: Means): AsyncGenerator<Asked> {
  yield* transactionRequests('app');
  yield* transactionRequests('node');
  yield* governanceRequests(network, means);
  yield* nodeRequests(network, means);
}

function* transactionRequests(door: 'node' | 'app'): Generator<Asked> {
  yield of(door, 'GET', `/${door}/api`, [200]);
  yield of(door, 'GET', `/${door}/commit`, [200]);
  yield of(door, 'GET', `/${door}/tx`, [200], { query: 'transaction_id=2.1' });
  yield of(door, 'GET', `/${door}/tx`, [200], { query: 'transaction_id=2.99999' });
  yield of(door, 'GET', `/${door}/tx`, [400], { query: 'transaction_id=two' });
  yield of(door, 'GET', `/${door}/tx`, [400]);
  yield of(door, 'GET', `/${door}/receipt`, [200], { query: 'transaction_id=2.2' });
  yield of(door, 'GET', `/${door}/receipt`, [202], { query: 'transaction_id=2.99999' });
  yield of(door, 'GET', `/${door}/receipt`, [404], { query: 'transaction_id=1.2' });
  yield of(door, 'GET', `/${door}/receipt`, [400], { query: 'transaction_id=-1' });
  const cose = (id: string, expected: readonly number[]) =>
    of(door, 'GET', `/${door}/receipt/cose`, expected, { query: `transaction_id=${id}` });
  yield cose('2.1', [200]);
  yield cose('2.2', [404]);
  yield cose('2.99999', [202]);
  yield cose('1.2', [404]);
  yield cose('-1', [400]);
  yield { ...of(door, 'GET', `/${door}/commit`, [405]), method: 'PUT' };
}
