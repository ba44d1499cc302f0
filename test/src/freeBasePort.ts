/**
 * Ports on loopback for a network that lives as long as a test.
 */
import { createServer } from 'node:net';
import { randomBytes } from '@coco/crypto';

const firstPort = 20_000;
/** Above are the ports that the system gives to outgoing connections. */
const lastPort = 32_000;
const triesMax = 50;

/** A base port such that every port of a sandbox of `nodes` nodes above it is free now. */
export async function freeBasePort(nodes: number): Promise<number> {
  const offsets = [0, 100, 200].flatMap((kind) => Array.from({ length: nodes }, (_, node) => kind + node));
  for (let i = 0; i < triesMax; i++) {
    const [high = 0, low = 0] = randomBytes(2);
    const port = firstPort + ((256 * high + low) % (lastPort - 300 - firstPort));
    const free = await Promise.all(offsets.map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`no free ports between ${firstPort} and ${lastPort}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
