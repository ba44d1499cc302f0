/**
 * `/gov/service`: the state of the service as its governance tables say, in CCF's format.
 */
import { formatTxId, parseTxId } from '@coco/primitives';
import { refuse } from '../requests/refusal.js';
import { answerJson, answerScript } from '../requests/responses.js';
import { countOf, objectRows, readObject, readRow, textOf } from '../rows.js';
import { readServiceConfig } from '../serviceConfig.js';
import { governanceTables } from '../tables.js';
import type { GovernanceAnswer } from '../types.js';
import { caBundles, jwtKeys } from './jwtRows.js';
import type { Route, RouteRequest } from './router.js';

export const serviceRoutes: readonly Route[] = [
  { method: 'GET', template: '/gov/service/constitution', handle: constitution },
  { method: 'GET', template: '/gov/service/info', handle: info },
  { method: 'GET', template: '/gov/service/jwk', handle: jwk },
  { method: 'GET', template: '/gov/service/transactions/commit', handle: commit },
  { method: 'GET', template: '/gov/service/transactions/{transactionId}', handle: transactionStatus },
];

function constitution({ transaction }: RouteRequest): GovernanceAnswer {
  const source = textOf(readRow(transaction, governanceTables.constitution));
  if (source === undefined) refuse(404, 'ResourceNotFound', 'there is no constitution yet');
  return answerScript(source);
}

function info({ transaction }: RouteRequest): GovernanceAnswer {
  const service = readObject(transaction, governanceTables.serviceInfo);
  if (service === undefined) refuse(404, 'ResourceNotFound', 'there is no service yet');
  const config = readServiceConfig(transaction);
  const created = textOf(service['current_service_create_txid']);
  return answerJson({
    status: service['status'],
    certificate: service['cert'],
    recoveryCount: countOf(service['recovery_count']) ?? 0,
    creationTransactionId: created ?? '2.1',
    serviceData: service['service_data'] ?? null,
    configuration: {
      recoveryThreshold: config.recoveryThreshold,
      maximumNodeCertificateValidityDays: config.nodeCertificateDays,
      maximumServiceCertificateValidityDays: config.serviceCertificateDays,
      recentCoseProposalsWindowSize: config.recentProposals,
    },
  });
}

function jwk({ transaction }: RouteRequest): GovernanceAnswer {
  const issuers = [...objectRows(transaction, governanceTables.jwtIssuers)].map(([id, issuer]) => [
    id,
    {
      autoRefresh: issuer['auto_refresh'] === true,
      ...(issuer['ca_cert_bundle_name'] !== undefined && { caCertBundleName: issuer['ca_cert_bundle_name'] }),
    },
  ]);
  return answerJson({
    issuers: Object.fromEntries(issuers),
    keys: Object.fromEntries(jwtKeys(transaction)),
    caCertBundles: Object.fromEntries(caBundles(transaction)),
  });
}

function commit({ context }: RouteRequest): GovernanceAnswer {
  return answerJson({
    transactionId: formatTxId(context.committed),
    status: context.txStatus(context.committed),
  });
}

function transactionStatus({ context, path }: RouteRequest): GovernanceAnswer {
  const text = path['transactionId'] ?? '';
  const id = parseTxId(text);
  if (id === undefined) {
    refuse(400, 'InvalidQueryParameterValue', 'a transaction id has the form "view.seqno", for example 2.17');
  }
  return answerJson({ transactionId: text, status: context.txStatus(id) });
}
