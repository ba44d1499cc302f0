/**
 * All commands, in the order in which help lists them.
 */
import type { Command } from '../command.js';
import { memberKeygen, participantKeygen } from './actorKeygen.js';
import { memberList, participantList } from './actorList.js';
import { alarmList } from './alarmList.js';
import { completionOf } from './completion.js';
import { constitutionDiffCommand, constitutionHistory, constitutionShow } from './constitution.js';
import { dataGet } from './dataGet.js';
import { dataList } from './dataList.js';
import { dataPurge } from './dataPurge.js';
import { dataPut } from './dataPut.js';
import { evidenceVerify } from './evidenceVerify.js';
import { ledgerEntry } from './ledgerEntry.js';
import { ledgerShow } from './ledgerShow.js';
import { ledgerVerify } from './ledgerVerify.js';
import { measure } from './measure.js';
import { memberActivate } from './memberActivate.js';
import { networkCreate } from './networkCreate.js';
import { networkStatus } from './networkStatus.js';
import { nodeJoin } from './nodeJoin.js';
import { nodeRemove } from './nodeRemove.js';
import { nodeStart } from './nodeStart.js';
import { nodeStatus } from './nodeStatus.js';
import { nodeTuple } from './nodeTuple.js';
import { proposalCreate } from './proposalCreate.js';
import { proposalList } from './proposalList.js';
import { proposalRehearse } from './proposalRehearse.js';
import { proposalShow } from './proposalShow.js';
import { proposalVote, proposalWithdraw } from './proposalVote.js';
import { proposalWatch } from './proposalWatch.js';
import { receiptGet } from './receiptGet.js';
import { receiptVerify } from './receiptVerify.js';
import { recoverAdd, recoverStatus } from './recoverAdd.js';
import { recoverBegin } from './recoverBegin.js';
import { recoverOpen } from './recoverOpen.js';
import { replay } from './replay.js';
import { requestSign, requestSubmit } from './request.js';
import { sandbox } from './sandbox.js';
import { shareAnswer } from './shareAnswer.js';
import { shareKeygen } from './shareKeygen.js';
import { verify } from './verify.js';

export const commands: readonly Command[] = [
  sandbox,
  networkCreate,
  networkStatus,
  replay,
  memberKeygen,
  memberList,
  memberActivate,
  participantKeygen,
  participantList,
  proposalCreate,
  proposalRehearse,
  proposalList,
  proposalShow,
  proposalWatch,
  proposalVote,
  proposalWithdraw,
  requestSign,
  requestSubmit,
  constitutionShow,
  constitutionDiffCommand,
  constitutionHistory,
  nodeJoin,
  nodeTuple,
  nodeStart,
  nodeStatus,
  nodeRemove,
  alarmList,
  measure,
  verify,
  evidenceVerify,
  shareKeygen,
  shareAnswer,
  recoverBegin,
  recoverAdd,
  recoverStatus,
  recoverOpen,
  ledgerVerify,
  ledgerShow,
  ledgerEntry,
  receiptGet,
  receiptVerify,
  dataPut,
  dataGet,
  dataList,
  dataPurge,
  completionOf(() => commands),
];
