/**
 * The doors of a node. The application door serves the adapters; it asks for the certificate of a member or
 * participant. The administrative door serves governance, where the signature within a request says whose it is, and
 * what a node tells of itself; it lets everybody ask, and says who a caller is to those endpoints that care.
 */
import type { AdapterRequest } from '@coco/adapter';
import { type Certificate, type PrivateKey, parseCertificate } from '@coco/crypto';
import { identifyActor, type NetworkView } from '@coco/governance';
import type { NodeConfig } from './config.js';
import type { Freshness } from './freshness.js';
import { type HttpEndpoint, type HttpRequest, type HttpResponse, openHttp } from './http.js';
import type { Log } from './log.js';
import { failure } from './routes/answers.js';
import { dataRequestBytesMax } from './routes/dataRoutes.js';
import type { Route } from './routes/route.js';
import { createRouter } from './routes/router.js';

export interface NodeDoorsOptions {
  readonly config: Pick<NodeConfig, 'addresses' | 'admitAnonymous' | 'limits' | 'corsOrigins' | 'replica'>;
  readonly key: PrivateKey;
  readonly certificatePem: string;
  readonly serviceCertificatePem: string;
  /** As committed. */
  readonly network: NetworkView;
  readonly log: Log;
  readonly applicationRoutes: readonly Route[];
  readonly administrativeRoutes: readonly Route[];
  readonly freshness: Pick<Freshness, 'mark'>;
  /** Called when both close: requests in progress are to be answered soon. */
  readonly giveUp: () => void;
  /** Passes a request on to the manager. */
  readonly forward: (request: AdapterRequest) => Promise<HttpResponse>;
}

export interface NodeDoors {
  readonly application: HttpEndpoint;
  readonly administrative: HttpEndpoint;
  setNetwork(network: NetworkView): void;
  setCertificate(certificate: Certificate): void;
  close(): Promise<void>;
}

/** What a signature and its headers may add to a proposal. */
const coseBytes = 65_536;

/** A request to join: evidence of 1 MiB in base64. */
const joinBytesMax = 1_500_000;

/** Opens both. COCO_HOST_LISTEN. */
export async function openNodeDoors(options: NodeDoorsOptions): Promise<NodeDoors> {
  const { config, key, certificatePem, serviceCertificatePem, network, log } = options;
  const { proposalBytesMax } = config.replica.governance;
  const common = {
    key,
    certificate: parseCertificate(certificatePem),
    serviceCertificatePem,
    network,
    identify: identifyActor,
    limits: config.limits,
    log,
  };
  let serviceStatus = network.serviceStatus;
  const application = await openHttp({
    ...common,
    listen: config.addresses.application,
    admit: { anonymous: config.admitAnonymous, strangers: false, nodes: false },
    corsOrigins: config.corsOrigins,
    handle: applicationHandler(options, () => serviceStatus),
  });
  const administrative = await openHttp({
    ...common,
    listen: config.addresses.administrative,
    admit: { anonymous: true, strangers: true, nodes: true },
    limits: {
      ...config.limits,
      bodyBytesMax: Math.max(
        config.limits.bodyBytesMax,
        proposalBytesMax + coseBytes,
        joinBytesMax,
        dataRequestBytesMax,
      ),
    },
    headers: ['content-type', 'accept', 'prefer', 'range', 'last-event-id'],
    handle: administrativeHandler(options),
  });
  const both = [application, administrative];
  return {
    application,
    administrative,
    setNetwork: (changed) => {
      serviceStatus = changed.serviceStatus;
      for (const door of both) door.setNetwork(changed);
    },
    setCertificate: (certificate) => {
      for (const door of both) door.setCertificate(certificate);
    },
    close: async () => {
      options.giveUp();
      await Promise.all(both.map((door) => door.close()));
    },
  };
}

type Handler = (request: HttpRequest) => Promise<HttpResponse>;

/** Built-in paths answer with or without `/app`, as in CCF. */
function applicationHandler(
  { applicationRoutes, forward, freshness }: NodeDoorsOptions,
  serviceStatus: () => string,
): Handler {
  const route = createRouter(applicationRoutes);
  return (request) => {
    const { path } = request;
    const isElsewhere = /^\/(gov|node)(\/|$)/.test(path);
    const builtIn = route(request) ?? (isElsewhere ? elsewhere : route({ ...request, path: `/app${path}` }));
    const answer = async (): Promise<HttpResponse> =>
      builtIn ?? (closed.has(serviceStatus()) ? notOpen : forward(plain(request)));
    return freshness.mark(answer, builtIn === undefined);
  };
}

function administrativeHandler({ administrativeRoutes, forward, freshness }: NodeDoorsOptions): Handler {
  const route = createRouter(administrativeRoutes);
  const answer = async (request: HttpRequest): Promise<HttpResponse> =>
    route(request) ?? (request.path.startsWith('/gov/') ? forward(plain(request)) : nothing);
  return (request) => freshness.mark(() => answer(request), false);
}

/** The manager has no use for certificates and connections. */
function plain({ chain: _, connection: __, ...request }: HttpRequest): AdapterRequest {
  return request;
}

/** A service that was recovered serves nobody before its members have decided so (CONF-4). */
const closed: ReadonlySet<string> = new Set(['Recovering', 'WaitingForRecoveryShares']);
const notOpen = failure(
  503,
  'COCO_HOST_NOT_OPEN',
  'the service was recovered, and its members have not opened it yet',
  { 'retry-after': '5' },
);
const nothing = failure(404, 'COCO_HOST_NO_ROUTE', 'nothing is served here');
const elsewhere = failure(404, 'COCO_HOST_NO_ROUTE', 'the administrative endpoint serves this');
