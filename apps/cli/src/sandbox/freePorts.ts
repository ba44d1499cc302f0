/**
 * Ports on loopback that nothing listens on, for a network that lives as long as a command.
 */
import { createServer } from 'node:net';
import { randomBytes } from '@coco/crypto';
import { CocoError } from '@coco/primitives';

const firstPort = 20_000;
/** Above are the ports that the system gives to outgoing connections. */
const lastPort = 32_000;
const tries = 50;

/** From its base port, where the first ports of a sandbox's endpoints are; each node's are one higher than the last's. */
export const sandboxPorts = { application: 0, administrative: 100, peer: 200 } as const;

/** A base port such that all ports of a sandbox of `nodes` nodes are free at the moment. COCO_CLI_PORTS. */
export function freeBasePort(nodes: number): Promise<number> {
  const firsts = Object.values(sandboxPorts);
  return freePorts(firsts.flatMap((first) => Array.from({ length: nodes }, (_, node) => first + node)));
}

/** A port such that it and those at `offsets` from it are free at the moment. COCO_CLI_PORTS. */
export async function freePorts(offsets: readonly number[]): Promise<number> {
  const span = Math.max(...offsets);
  for (let i = 0; i < tries; i++) {
    const [high = 0, low = 0] = randomBytes(2);
    const port = firstPort + ((256 * high + low) % (lastPort - span - firstPort));
    const free = await Promise.all(offsets.map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
  const sentence = `no free ports were found between ${firstPort} and ${lastPort}`;
  throw new CocoError('COCO_CLI_PORTS', sentence, { firstPort, lastPort });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
