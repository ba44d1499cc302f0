/**
 * Requests to every endpoint of a node, good ones and bad ones, and the status that each is to get.
 */
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import { type Asked, type Means, of } from './asked.js';
import { governanceRequests } from './governanceRequests.js';
import { nodeRequests } from './nodeRequests.js';

/** All of them, in an order that makes sense: what is asked changes the network. */
export async function* everyRequest(network: GovernedNetwork, means: Means): AsyncGenerator<Asked> {
  const view = await network.firstView();
  yield* transactionRequests('app', view);
  yield* transactionRequests('node', view);
  yield* governanceRequests(network, means);
  yield* nodeRequests(network, means);
}

/** Of the genesis, of the signature after it, of what may come, and of what can never be. */
function* transactionRequests(door: 'node' | 'app', view: number): Generator<Asked> {
  const [genesis, signature, future, never] = [`${view}.1`, `${view}.2`, `${view + 1000}.99999`, '1.2'];
  yield of(door, 'GET', `/${door}/api`, [200]);
  yield of(door, 'GET', `/${door}/commit`, [200]);
  yield of(door, 'GET', `/${door}/tx`, [200], { query: `transaction_id=${genesis}` });
  yield of(door, 'GET', `/${door}/tx`, [200], { query: `transaction_id=${future}` });
  yield of(door, 'GET', `/${door}/tx`, [400], { query: 'transaction_id=two' });
  yield of(door, 'GET', `/${door}/tx`, [400]);
  yield of(door, 'GET', `/${door}/receipt`, [200], { query: `transaction_id=${signature}` });
  yield of(door, 'GET', `/${door}/receipt`, [202], { query: `transaction_id=${future}` });
  yield of(door, 'GET', `/${door}/receipt`, [404], { query: `transaction_id=${never}` });
  yield of(door, 'GET', `/${door}/receipt`, [400], { query: 'transaction_id=-1' });
  const cose = (id: string, expected: readonly number[]) =>
    of(door, 'GET', `/${door}/receipt/cose`, expected, { query: `transaction_id=${id}` });
  yield cose(genesis, [200]);
  yield cose(signature, [404]);
  yield cose(future, [202]);
  yield cose(never, [404]);
  yield cose('-1', [400]);
  yield { ...of(door, 'GET', `/${door}/commit`, [405]), method: 'PUT' };
}
