/**
 * Governance as a node begins with it: over the tables as its disk has them, with scripts that share what time they may take.
 */
import type { Consensus } from '@coco/consensus';
import { createGovernance, type Governance } from '@coco/governance';
import { createStore } from '@coco/kv';
import { Forgetting } from './forgetting.js';
import { Governing } from './governing.js';
import { Rekeying } from './rekeying.js';
import { createScriptBudget, type ScriptBudget } from './scriptBudget.js';
import { SealedSecrets } from './sealedSecrets.js';
import type { ReplicaStart } from './types.js';

export interface StartedGoverning {
  readonly governance: Governance;
  readonly budget: ScriptBudget;
  readonly governing: Governing;
  readonly rekeying: Rekeying;
  readonly forgetting: Forgetting;
}

export function startGoverning(start: ReplicaStart, consensus: Consensus): StartedGoverning {
  const { nodeId, settings, ledger, sandbox, endorseNode: endorse, custody } = start;
  const budget = createScriptBudget(sandbox);
  const governance = createGovernance({
    sandbox: budget.sandbox,
    settings: settings.governance,
    services: {
      viewForSeqno: (seqno) => consensus.viewAt(seqno),
      ledgerSecretSeqno: () => ledger.secrets.at(-1)?.fromSeqno ?? 1,
    },
  });
  const store = start.governanceStore ?? createStore();
  const sealed = new SealedSecrets();
  const rekeying = new Rekeying(nodeId, custody, ledger, sealed);
  const forgetting = new Forgetting(ledger, sealed);
  // What follows the last signature of a disk was cut off.
  const from = { commit: consensus.commit, signed: consensus.last.seqno };
  const governing = new Governing(governance, store, from, { endorse, rekeying });
  return { governance, budget, governing, rekeying, forgetting };
}
