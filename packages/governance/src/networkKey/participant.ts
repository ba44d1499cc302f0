import type { KeyParticipant, KeyParticipantInput } from './types.js';

export function createKeyParticipant(_input: KeyParticipantInput): KeyParticipant {
  throw new Error('not yet');
}
