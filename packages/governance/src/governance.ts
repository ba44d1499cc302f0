/**
 * The desk of governance: finds who answers a request under `/gov`, and turns every refusal into an answer.
 */
import type { AdapterRequest } from '@coco/adapter';
import type { Transaction } from '@coco/kv';
import { CocoError } from '@coco/primitives';
import { requestSteps } from './proposals/scope.js';
import type { ConstitutionScripts } from './proposals/scriptPort.js';
import { Refusal } from './requests/refusal.js';
import { answerRefusal } from './requests/responses.js';
import { actorRoutes } from './routes/actorRoutes.js';
import { appRoutes } from './routes/appRoutes.js';
import { cocoRoutes } from './routes/cocoRoutes.js';
import { dataRoutes } from './routes/dataRoutes.js';
import { proposalRoutes } from './routes/proposalRoutes.js';
import { recoveryRoutes } from './routes/recoveryRoutes.js';
import { checkVersion, findRoute, parseQuery, type Route, refuseUnrouted } from './routes/router.js';
import { serviceRoutes } from './routes/serviceRoutes.js';
import { stateDigestRoutes } from './routes/stateDigestRoutes.js';
import type { Governance, GovernanceAnswer, GovernanceContext, GovernanceSettings } from './types.js';

export const routes: readonly Route[] = [
  ...proposalRoutes,
  ...stateDigestRoutes,
  ...serviceRoutes,
  ...actorRoutes,
  ...appRoutes,
  ...recoveryRoutes,
  ...cocoRoutes,
  ...dataRoutes,
];

/** Governance over scripts that `scriptsFor` runs, for a request in these circumstances. */
export function governanceOver(
  scriptsFor: (context: GovernanceContext) => ConstitutionScripts,
  settings: GovernanceSettings,
): Governance {
  const answer = (
    request: AdapterRequest,
    transaction: Transaction,
    context: GovernanceContext,
  ): GovernanceAnswer => {
    const found = findRoute(routes, request) ?? refuseUnrouted(routes, request);
    const query = parseQuery(request.query);
    checkVersion(found.route, query);
    const { path } = found;
    const scripts = scriptsFor(context);
    const steps = requestSteps(settings);
    return found.route.handle({ request, transaction, context, scripts, settings, steps, path, query });
  };
  return {
    serves: ({ path }) => path.startsWith('/gov/'),
    needsPrimary: (request) => findRoute(routes, request)?.route.primary === true,
    handle(request, transaction, context) {
      try {
        return answer(request, transaction, context);
      } catch (error) {
        if (error instanceof Refusal) return answerRefusal(error);
        // A row longer than the store holds, for example: no member may stop a node with that.
        if (error instanceof CocoError) return answerRefusal(internal(error));
        throw error;
      }
    },
  };
}

function internal({ code, message }: CocoError): Refusal {
  return new Refusal(500, 'InternalError', `${message} (${code})`);
}
