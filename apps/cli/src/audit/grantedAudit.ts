/**
 * What an auditor was granted, as a node tells it to the auditor; and the node's refusals, by their own codes.
 */
import type { Client, HttpReply } from '@coco/client';
import { decodeThresholdKey, type ThresholdKey } from '@coco/crypto';
import type { AuditRange, EpochRecord } from '@coco/governance';
import { CocoError, fromBase64, type Seqno } from '@coco/primitives';
import { type JsonView, viewOf } from '../governance/jsonView.js';

export interface GrantedAudit {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** Absent: whole epochs are granted. */
  readonly tables?: readonly string[];
  readonly epochs?: AuditRange;
  /** As far as it is known by now. */
  readonly seqnos?: AuditRange;
  /** The last committed entry. */
  readonly committed: Seqno;
  /** The granted epochs that there are. */
  readonly spans: readonly EpochSpan[];
  readonly key?: ThresholdKey;
  /** Services that signed earlier entries, as the node names them. */
  readonly formerServices: readonly JsonView[];
}

/** An epoch with its last entry; without it is not over. */
export type EpochSpan = EpochRecord & { readonly to?: Seqno };

/** COCO_AUDIT_*, COCO_CLI_AUDIT, and what the client throws. */
export async function readGrantedAudit(client: Pick<Client, 'get'>, grant: string): Promise<GrantedAudit> {
  const path = `/node/audit/grant?grant=${encodeURIComponent(grant)}`;
  const view = jsonIn(await told(() => client.get(path)));
  const [epochs, seqnos, key] = [rangeIn(view, 'epochs'), rangeIn(view, 'seqnos'), keyIn(view)];
  return {
    id: view.text('grant'),
    name: view.text('name'),
    expiresAtMs: view.number('expires_at') ?? 0,
    ...(view.has('tables') && { tables: view.texts('tables') }),
    ...(epochs && { epochs }),
    ...(seqnos && { seqnos }),
    committed: view.number('committed') ?? 0,
    spans: view.list('spans').map(spanOf),
    ...(key && { key }),
    formerServices: view.list('former_services'),
  };
}

function spanOf(view: JsonView): EpochSpan {
  const [sealed, to] = [fromBase64(view.raw('sealed')), view.number('to')];
  const has = sealed !== undefined && sealed.length > 0;
  return {
    epoch: view.number('epoch') ?? 0,
    from: view.number('from') ?? 0,
    ...(to !== undefined && { to }),
    atMs: 0,
    digest: view.raw('digest'),
    network: view.raw('network'),
    ...(has && { sealed }),
  };
}

function rangeIn(view: JsonView, name: string): AuditRange | undefined {
  const [from, to] = [view.object(name).number('from'), view.object(name).number('to')];
  return from === undefined || to === undefined ? undefined : { from, to };
}

function keyIn(view: JsonView): ThresholdKey | undefined {
  const bytes = fromBase64(view.raw('network_key'));
  return bytes === undefined || bytes.length === 0 ? undefined : decodeThresholdKey(bytes);
}

/** What the node answers to `ask`; a refusal of an audit under its own code. */
export async function told(ask: () => Promise<HttpReply>): Promise<HttpReply> {
  try {
    return await ask();
  } catch (error) {
    const code = error instanceof CocoError ? error.facts['errorCode'] : undefined;
    const isAudits = typeof code === 'string' && /^COCO_(AUDIT|SECRETS)_/.test(code);
    if (!isAudits || !(error instanceof CocoError)) throw error;
    throw new CocoError(code, error.message.replace(/^the node answered \d+: /, ''), error.facts);
  }
}

/** The JSON in an answer. COCO_CLI_AUDIT when it is none. */
export function jsonIn({ body }: HttpReply): JsonView {
  try {
    return viewOf(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    throw auditFailure('the node answered with something that is not JSON');
  }
}

/** COCO_CLI_AUDIT: what a node gave to an auditor cannot be used. */
export function auditFailure(reason: string): CocoError {
  return new CocoError('COCO_CLI_AUDIT', `the audit cannot go on: ${reason}`);
}
