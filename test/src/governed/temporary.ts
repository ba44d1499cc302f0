/**
 * A governed network for one test: in a directory that is gone with it, its processes stopped.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAccounts, sandboxGenesis } from '@coco/cli';
import { GovernedNetwork, type GovernedNetworkOptions } from './governedNetwork.js';

export type TemporaryNetworkOptions = Partial<Omit<GovernedNetworkOptions, 'ethereumGenesis'>>;

/** A directory for a network that is not made yet. */
export function temporaryDirectory(): string {
  return mkdtempSync(path.join(tmpdir(), 'coco-governed-'));
}

/** Makes and starts it: two members, a participant, one node of each member, unless `options` say otherwise. */
export async function openTemporaryNetwork(options: TemporaryNetworkOptions = {}): Promise<GovernedNetwork> {
  const network = await GovernedNetwork.create({
    directory: temporaryDirectory(),
    members: ['acme', 'bolt'],
    participants: ['carrier'],
    nodesMax: 5,
    ...options,
    ethereumGenesis: sandboxGenesis(createAccounts(1)),
  });
  try {
    await network.start();
    return network;
  } catch (error) {
    await closeTemporaryNetwork(network);
    throw error;
  }
}

/** Stops it and removes its files. */
export async function closeTemporaryNetwork(network: GovernedNetwork): Promise<void> {
  await network.stop();
  rmSync(network.directory, { recursive: true, force: true });
}
