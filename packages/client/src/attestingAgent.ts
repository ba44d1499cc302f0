/**
 * Connections that are handed out only after the node at their other end has proved what it runs (SEC-3). The evidence is bound
 * to the connection, so every one is asked anew.
 */
import { Agent, type AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { CocoError } from '@coco/primitives';
import type { ClientOptions } from './types.js';
import { verifyOver } from './verifyNode.js';

type Handed = (error: Error | null, socket: Duplex) => void;

export class AttestingAgent extends Agent {
  readonly #client: ClientOptions;

  constructor(settings: AgentOptions, client: ClientOptions) {
    super(settings);
    this.#client = client;
  }

  /** Node's own hook; types of Node know nothing of the callback's being called late. */
  override createConnection(options: object, handOut?: Handed): Duplex | undefined | null {
    const socket = super.createConnection(options as never) as TLSSocket;
    const refuse = (error: Error): void => {
      socket.destroy();
      handOut?.(error, socket);
    };
    socket.once('error', refuse);
    socket.once('secureConnect', () => {
      socket.off('error', refuse);
      this.#verify(socket).then(
        () => handOut?.(null, socket),
        (error: Error) => refuse(error),
      );
    });
    return undefined;
  }

  async #verify(socket: TLSSocket): Promise<void> {
    const { evidence, ...client } = this.#client;
    const { manifests } = evidence ?? { manifests: 'shown' };
    const verdict = await verifyOver(socket, { ...client, ...(manifests !== 'shown' && { manifests }) });
    if (verdict.outcome === 'accepted') return;
    const { code, sentence } = verdict.refusal;
    const what = `the node's evidence is not accepted, and nothing was sent to it: ${sentence}`;
    throw new CocoError('COCO_CLIENT_EVIDENCE', what, { reason: code, nodeId: verdict.nodeId });
  }
}
