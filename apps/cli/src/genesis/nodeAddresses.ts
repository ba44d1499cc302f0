/**
 * Where a node of a new network listens, as the command line says it.
 *
 *   HOST:PORT[,PORT,PORT]     application; administrative (default 100 higher); peer (default 200 higher)
 */
import { UsageError } from '../command.js';
import { sandboxPorts } from '../sandbox/freePorts.js';

/** The three addresses of a node, `host:port` each. */
export interface NodeAddresses {
  readonly host: string;
  readonly application: string;
  readonly administrative: string;
  readonly peer: string;
}

/** The addresses that `text` says; a UsageError otherwise. */
export function parseNodeAddresses(text: string): NodeAddresses {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})(?:,(\d{1,5}),(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  const { administrative, peer } = sandboxPorts;
  const ports = [
    port,
    Number(match?.[4] ?? port + administrative),
    Number(match?.[5] ?? port + peer),
  ] as const;
  if (host === undefined || !ports.every((one) => one >= 1 && one <= 65_535) || new Set(ports).size < 3) {
    throw new UsageError(`a node's addresses are HOST:PORT or HOST:PORT,PORT,PORT, not "${text}"`);
  }
  return nodeAddresses(host, ports);
}

/** The addresses at `host` with these ports: application, administrative, peer. */
export function nodeAddresses(host: string, ports: readonly [number, number, number]): NodeAddresses {
  const at = (port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
  return { host, application: at(ports[0]), administrative: at(ports[1]), peer: at(ports[2]) };
}
