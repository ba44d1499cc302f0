/**
 * What scripts can ask of the framework and of the node that runs them. What an action sets off is only noted; the framework
 * acts when the entry with its writes is appended.
 */
import type { Transaction } from '@coco/kv';
import { formatTxId, fromUtf8 } from '@coco/primitives';
import type { HostFunction, ScriptOutcome, ScriptValue } from '@coco/sandbox';
import { isJsonObject, putRow, readObject, readRow, textOf } from '../rows.js';
import { governanceTables } from '../tables.js';
import { verifyNodeTuple } from '../tuple.js';
import { bytesArgument, countArgument, textArgument } from './callArguments.js';
import { removeJwtKeys, setJwtKeys } from './jwtKeys.js';
import type { ScriptServices, ScriptSituation, Trigger } from './types.js';

export interface FrameworkScope {
  readonly transaction: Transaction;
  readonly situation: ScriptSituation;
  readonly services: ScriptServices;
  readonly triggers: Trigger[];
  /** Evaluates the source of a constitution, and tells how many parameters its exported functions have. */
  readonly inspect: (source: string) => ScriptOutcome;
}

export function frameworkCalls(scope: FrameworkScope): Readonly<Record<string, HostFunction>> {
  return { ...readingCalls(scope), ...applyingCalls(scope) };
}

/** Steps that calls cost besides what every call costs. */
export const frameworkCallSteps: Readonly<Record<string, number>> = {
  verifyNodeTuple: 30,
  validateConstitution: 200,
  setJwtKeys: 20,
  endorseNodeCertificate: 20,
  renewServiceCertificate: 20,
};

/** Steps that a constitution may take to load when it is validated. */
export const inspectStepsMax = 500;

const logCharactersMax = 2000;

function readingCalls(scope: FrameworkScope): Readonly<Record<string, HostFunction>> {
  const { transaction, services } = scope;
  return {
    verifyNodeTuple(tuple) {
      const verdict = verifyNodeTuple(transaction, tuple);
      return verdict.outcome === 'good'
        ? { valid: true, reason: '' }
        : { valid: false, reason: verdict.reason };
    },
    validateConstitution(source) {
      checkConstitution(scope.inspect(textArgument(source)));
      return true;
    },
    lastCommitted: () => formatTxId((services.lastCommitted ?? unavailable)()),
    txStatus(view, seqno) {
      const id = { view: countArgument(view), seqno: countArgument(seqno) };
      return (services.txStatus ?? unavailable)(id);
    },
    viewForSeqno: (seqno) => (services.viewForSeqno ?? unavailable)(countArgument(seqno)) ?? null,
    ledgerSecretSeqno: () => services.ledgerSecretSeqno?.() ?? 1,
    log(level, text) {
      services.log?.(textArgument(level).slice(0, 10), textArgument(text).slice(0, logCharactersMax));
      return undefined;
    },
  };
}

function applyingCalls(scope: FrameworkScope): Readonly<Record<string, HostFunction>> {
  const { transaction, services, triggers } = scope;
  const whenApplied =
    (call: HostFunction): HostFunction =>
    (...args) => {
      if (scope.situation !== 'apply') throw new Error('only apply can do this');
      return call(...args);
    };
  return {
    trigger: whenApplied((trigger) => {
      const parsed = parseTrigger(trigger);
      if (triggers.length >= triggersMax) throw new Error('one proposal cannot set off so much');
      triggers.push(parsed);
      return undefined;
    }),
    openService: whenApplied((previous, next) =>
      openService(transaction, {
        next: fromUtf8(bytesArgument(next)),
        previous: previous === null ? undefined : fromUtf8(bytesArgument(previous)),
      }),
    ),
    setJwtKeys: whenApplied((issuer, jwks) => {
      setJwtKeys(transaction, textArgument(issuer), jwks);
      return undefined;
    }),
    removeJwtKeys: whenApplied((issuer) => {
      removeJwtKeys(transaction, textArgument(issuer));
      return undefined;
    }),
    endorseNodeCertificate: whenApplied((request, validFrom, days) =>
      (services.endorseNodeCertificate ?? unavailable)(
        textArgument(request),
        textArgument(validFrom),
        countArgument(days),
      ),
    ),
    renewServiceCertificate: whenApplied((validFrom, days) =>
      (services.renewServiceCertificate ?? unavailable)(textArgument(validFrom), countArgument(days)),
    ),
  };
}

const triggersMax = 1000;

function unavailable(): never {
  throw new Error('the node that runs this script does not offer this');
}

const plainTriggers: ReadonlySet<unknown> = new Set(['ledger_chunk', 'snapshot', 'ledger_rekey']);

function parseTrigger(value: ScriptValue): Trigger {
  const { kind, nodeId, validFrom, validityDays } = (isJsonObject(value) ? value : {}) as Record<
    string,
    ScriptValue
  >;
  if (plainTriggers.has(kind)) return { kind } as Trigger;
  if (kind !== 'node_certificate') throw new Error('there is no such trigger');
  return {
    kind,
    nodeId: textArgument(nodeId),
    validFrom: textArgument(validFrom),
    validityDays: countArgument(validityDays),
  };
}

/**
 * Opens a service whose certificate is `next` (PEM); one that is open stays so. One that was recovered must have taken over from
 * `previous`; the primary opens it then, see `openRecovered`.
 */
function openService(
  transaction: Transaction,
  { next, previous }: { readonly next: string | undefined; readonly previous: string | undefined },
): undefined {
  const row = readObject(transaction, governanceTables.serviceInfo);
  if (row === undefined) throw new Error('there is no service to open');
  if (next === undefined || textOf(row['cert'])?.trim() !== next.trim()) {
    throw new Error('the next identity of the service is not the one that it has');
  }
  if (row['status'] === 'Open') return undefined;
  const isRecovered = row['status'] === 'Recovering';
  if (!isRecovered && row['status'] !== 'Opening')
    throw new Error(`a service that is ${String(row['status'])} cannot be opened`);
  const former = textOf(readRow(transaction, governanceTables.formerService));
  if (isRecovered && former?.trim() !== previous?.trim()) {
    throw new Error('the previous identity of the service is not that of the one which it took over from');
  }
  const status = isRecovered ? 'WaitingForRecoveryShares' : 'Open';
  putRow(transaction, governanceTables.serviceInfo, undefined, { ...row, status });
  return undefined;
}

/** How many parameters the functions of a constitution have: at least, at most (as CCF checks). */
const arities: readonly (readonly [string, number, number])[] = [
  ['validate', 1, 1],
  ['resolve', 3, 4],
  ['apply', 2, 2],
];

function checkConstitution(outcome: ScriptOutcome): void {
  if (outcome.outcome === 'exceeded') throw new Error(`the constitution exceeds a limit: ${outcome.limit}`);
  if (outcome.outcome === 'threw') throw new Error(`the constitution does not load: ${outcome.reason}`);
  const found = isJsonObject(outcome.value) ? outcome.value : {};
  for (const [name, least, most] of arities) {
    const arity = Object.hasOwn(found, name) ? found[name] : undefined;
    if (typeof arity !== 'number') throw new Error(`the constitution exports no function ${name}`);
    if (arity < least || arity > most) {
      const wanted = least === most ? `${least}` : `${least} or ${most}`;
      throw new Error(`${name} of the constitution has ${arity} parameters, not ${wanted}`);
    }
  }
}
