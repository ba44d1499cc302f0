/**
 * What the log tells of connections between nodes: each refusal once, for as long as it lasts, with code and sentence.
 */
import type { Waiting } from './askNetwork.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import type { PeerEvent } from './peers.js';

export interface PeerLogOptions {
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly metrics: Pick<Metrics, 'add' | 'observe'>;
  /** Another node says that this one is out of the network. */
  readonly onOut: (reason: Waiting) => void;
}

type Refused = Extract<PeerEvent, { readonly type: 'refused' }>;

export function createPeerLog({ log, metrics, onOut }: PeerLogOptions): (event: PeerEvent) => void {
  /** The refusal that was told last, by node. */
  const told = new Map<string, string>();

  function refused({ from, reason, code, by }: Refused): void {
    metrics.add('peers_refused');
    if (code === undefined) {
      log.info('peer refused', { from, reason });
      return;
    }
    if (by === 'the peer' && code.startsWith('COCO_LEASE_')) onOut({ code, message: reason });
    const key = `${by} ${code}`;
    if (told.get(from) === key) return;
    told.set(from, key);
    const what = by === 'the peer' ? `node ${from} refuses this node` : `node ${from} is refused as a peer`;
    // A node that joins knocks before it is taken in.
    log[code === 'COCO_HOST_PEER_UNKNOWN' ? 'info' : 'warn'](`${what}: ${reason}`, { code, peer: from });
  }

  return (event) => {
    const { type, ...facts } = event;
    if (type === 'refused') {
      refused(event);
    } else if (type === 'proved') {
      metrics.observe('session_handshake', event.ms);
      told.delete(event.peer);
    } else {
      log.info(`peer ${type}`, facts);
    }
  };
}
