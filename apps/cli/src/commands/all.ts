/**
 * All commands, in the order in which help lists them.
 */
import type { Command } from '../command.js';
import { memberKeygen, participantKeygen } from './actorKeygen.js';
import { ledgerShow } from './ledgerShow.js';
import { ledgerVerify } from './ledgerVerify.js';
import { networkCreate } from './networkCreate.js';
import { nodeStart } from './nodeStart.js';
import { replay } from './replay.js';
import { sandbox } from './sandbox.js';

export const commands: readonly Command[] = [
  sandbox,
  networkCreate,
  replay,
  memberKeygen,
  participantKeygen,
  nodeStart,
  ledgerVerify,
  ledgerShow,
];
