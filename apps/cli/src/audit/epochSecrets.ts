/**
 * The secrets of granted epochs, put together by the auditor itself from what the nodes of M actors give it. No node has seen them
 * for it, and each opens its own epoch and no other.
 */
import type { Client } from '@coco/client';
import { type Askable, decodePartialsAnswers, gatherSecrets, type PartialsAnswer } from '@coco/host';
import type { LedgerSecret } from '@coco/ledger';
import { CocoError, utf8 } from '@coco/primitives';
import type { NetworkNode } from '../governance/networkReader.js';
import { auditFailure, type EpochSpan, type GrantedAudit, told } from './grantedAudit.js';

export interface EpochSecretsOptions {
  readonly grant: GrantedAudit;
  /** Those that are wanted. */
  readonly spans: readonly EpochSpan[];
  /** Of all actors. */
  readonly nodes: readonly NetworkNode[];
  readonly clientAt: (url: string) => Pick<Client, 'post'>;
  readonly onWaiting: (sentence: string) => void;
}

/** How often everybody is asked. */
const roundsMax = 2;

/** COCO_AUDIT_* when all nodes refuse for the same reason, COCO_SECRETS_UNREACHABLE when fewer than M actors' nodes answer. */
export async function epochSecrets(options: EpochSecretsOptions): Promise<readonly LedgerSecret[]> {
  const { grant, spans, nodes, clientAt, onWaiting } = options;
  const { key } = grant;
  const unsealed = spans.find(({ sealed }) => sealed === undefined);
  if (key === undefined || unsealed !== undefined) {
    throw auditFailure(
      `the ledger has the secret of epoch ${unsealed?.epoch ?? spans[0]?.epoch} sealed to nobody`,
    );
  }
  const holders = nodes
    .filter(({ status, actorId }) => status === 'Trusted' && actorId !== '')
    .map(shareNode);
  return gatherSecrets({
    keys: [key],
    own: [],
    records: spans,
    nodes: () => holders,
    ask: ({ administrativeAddress }, epochs, signal) =>
      unlessAborted(
        askPartials(
          clientAt(`https://${administrativeAddress}`),
          grant.id,
          epochs.map(({ epoch }) => epoch),
        ),
        signal,
      ),
    onWaiting: ({ message }) => onWaiting(message),
    signal: new AbortController().signal,
    roundsMax,
  });
}

function shareNode({ id, actorId, administrative }: NetworkNode): Askable {
  return { nodeId: id, actorId, administrativeAddress: administrative };
}

async function askPartials(
  client: Pick<Client, 'post'>,
  grant: string,
  epochs: readonly number[],
): Promise<readonly PartialsAnswer[]> {
  const body = utf8(JSON.stringify({ grant, epochs }));
  const { body: answer } = await told(() => client.post('/node/audit/partials', 'application/json', body));
  return decodePartialsAnswers(answer);
}

/** What comes when others were enough is of no use. */
function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = new Promise<never>((_, reject) => {
    const gone = (): void => reject(new CocoError('COCO_CLI_AUDIT', 'the others were enough'));
    if (signal.aborted) gone();
    signal.addEventListener('abort', gone, { once: true });
  });
  work.catch(() => undefined);
  return Promise.race([work, aborted]);
}
