/**
 * Ports on loopback for a network that lives as long as a test.
 */
import { freePorts } from '@coco/cli';

/** A base port such that every port of a sandbox of `nodes` nodes above it is free now. */
export function freeBasePort(nodes: number): Promise<number> {
  return freePorts([0, 100, 200].flatMap((kind) => Array.from({ length: nodes }, (_, node) => kind + node)));
}
