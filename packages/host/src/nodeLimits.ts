/**
 * Limits of a node that are not settings. Times in milliseconds.
 */
export const nodeLimits = {
  /** Of connections between nodes: see peers.ts. */
  peers: {
    frameBytesMax: 256 * 1024 * 1024,
    sendBytesMax: 512 * 1024 * 1024,
    unauthenticatedMax: 64,
    handshakeTimeoutMs: 5000,
    attestationTimeoutMs: 30_000,
    pingMs: 5000,
    reconnectMsMin: 50,
    reconnectMsMax: 2000,
  },
  /** Of news for members: see memberEvents.ts. */
  events: { subscribersMax: 100, keptMax: 1000, waitingBytesMax: 1 << 20, heartbeatMs: 15_000 },
} as const;
