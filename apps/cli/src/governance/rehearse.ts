/**
 * Asking for a rehearsal (GOV-6): signed, so that the network knows that it is a member who asks.
 */
import type { Client } from '@coco/client';
import { signRequest } from '@coco/client';
import type { OptionValues } from '../command.js';
import { text, UsageError } from '../command.js';
import { openSigner, signingCommandOf } from './access.js';
import { type JsonView, viewOf } from './jsonView.js';
import { actorIdOf, post } from './signing.js';

const path = '/gov/coco/proposals:rehearse';

/**
 * What the proposal `payload` would do now; as that of the open proposal `openId`, if it is. A UsageError when there is
 * no way to show who asks.
 */
export async function rehearse(
  payload: Uint8Array,
  options: OptionValues,
  client: Client,
  openId?: string,
): Promise<JsonView> {
  if (!canRehearse(options)) {
    throw new UsageError('only members can rehearse: give --cert and --key (or COCO_CERT and COCO_KEY)');
  }
  const signer = await openSigner(options);
  const actorId = await actorIdOf(signer.certificates, options, client);
  const createdAt = Math.floor(Date.now() / 1000);
  const message = await signRequest({ type: 'proposal', actorId, createdAt, payload }, signer);
  const rehearsal = await post(path, message, client);
  return openId === undefined ? rehearsal : withoutItself(rehearsal, openId);
}

/** The network takes it for another proposal, which may end the one that is open. */
function withoutItself(rehearsal: JsonView, id: string): JsonView {
  const changes = rehearsal
    .list('changes')
    .filter((change) => change.raw('table') !== 'public:ccf.gov.proposals_info' || change.raw('key') !== id);
  return viewOf({ ...rehearsal.value, changes: changes.map(({ value }) => value) });
}

/** Whether the options say who asks. */
export function canRehearse(options: OptionValues): boolean {
  if (text(options, 'cert') === undefined) return false;
  return text(options, 'key') !== undefined || signingCommandOf(options) !== undefined;
}
