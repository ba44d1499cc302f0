/**
 * Limits of a node that nobody needs to set: sizes in bytes, times in milliseconds.
 */

/** Of the connections between nodes. */
export const peerLimits = {
  frameBytesMax: 256 * 1024 * 1024,
  sendBytesMax: 512 * 1024 * 1024,
  unauthenticatedMax: 64,
  handshakeTimeoutMs: 5000,
  attestationTimeoutMs: 30_000,
  pingMs: 5000,
  reconnectMsMin: 50,
  reconnectMsMax: 2000,
};

/** Of members who watch. */
export const eventLimits = {
  subscribersMax: 100,
  keptMax: 1000,
  waitingBytesMax: 1 << 20,
  heartbeatMs: 15_000,
};
