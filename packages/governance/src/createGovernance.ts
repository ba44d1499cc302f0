/**
 * Governance as a node runs it: its scripts in a sandbox, which are told of the circumstances of each request.
 */
import { governanceOver } from './governance.js';
import { constitutionScripts } from './scripts/constitutionScripts.js';
import type { Governance, GovernanceStart } from './types.js';

/** Governance whose scripts run in `sandbox`. Holds nothing between requests. */
export function createGovernance({ sandbox, settings, services }: GovernanceStart): Governance {
  return governanceOver(
    (context) =>
      constitutionScripts({
        sandbox,
        services: {
          ...services,
          lastCommitted: () => context.committed,
          txStatus: (id) => context.txStatus(id),
        },
      }),
    settings,
  );
}
