/**
 * Real data of the public network for tests, where it is there: `shared/data` beside the repository. It belongs to
 * others and is not part of the repository.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of `name` under the Ethereum data, or undefined when the data are not there. */
export function sharedData(name: string): string | undefined {
  const path = fileURLToPath(new URL(`../../../../../shared/data/ethereum/${name}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

/** A JSON file under the Ethereum data, which must be there. */
export function readSharedJson<T>(name: string): T {
  const path = sharedData(name);
  if (path === undefined) throw new Error(`shared/data/ethereum/${name} is missing`);
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
