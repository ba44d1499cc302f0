/**
 * The OpenAPI 3.1 document of `/gov`.
 */
import { apiVersions } from '../routes/router.js';
import { type Operation, operations } from './operations.js';
import { ref, type Schema, schemas } from './schemas.js';

/** The document, as plain data. Paths of several segments (module names) are shown as one parameter. */
export function govOpenApi(): object {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const operation of operations) {
    const path = operation.template.replaceAll('*}', '}');
    const item = paths[path] ?? {};
    item[operation.method.toLowerCase()] = operationObject(operation);
    paths[path] = item;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Governance',
      version: apiVersions.at(-1) ?? '',
      description:
        'Members govern the network by requests that they sign as COSE_Sign1. Formats are those of CCF; what stands beneath /gov/coco is Coco’s own.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}],
    paths,
    components: { schemas },
  };
}

function operationObject(operation: Operation): Schema {
  const { method, template, summary, body } = operation;
  return {
    operationId: operationId(method, template),
    summary,
    tags: [template.split('/')[2] ?? 'gov'],
    parameters: parameters(operation),
    ...(body !== undefined && { requestBody: requestBody(body) }),
    responses: responses(operation),
  };
}

/** "getMembersProposals", "postMembersProposalsCreate". */
function operationId(method: string, template: string): string {
  const words = template.replace('/gov/', '').split(/[^A-Za-z0-9]+/);
  const names = words
    .filter((word) => word !== '')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return method.toLowerCase() + names.join('');
}

function parameters({ template, unversioned, query = [] }: Operation): readonly Schema[] {
  const inPath = [...template.matchAll(/\{(\w+)\*?\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: pathSchema(name),
  }));
  const inQuery = query.map((name) => ({ name, in: 'query', required: false, schema: { type: 'string' } }));
  const version = {
    name: 'api-version',
    in: 'query',
    required: unversioned !== true,
    schema: { type: 'string', enum: apiVersions },
  };
  return [...inPath, version, ...inQuery];
}

function pathSchema(name: string): Schema {
  if (name === 'transactionId') return { type: 'string', pattern: '^[0-9]+\\.[0-9]+$' };
  return name === 'moduleName' ? { type: 'string' } : { type: 'string', pattern: '^[0-9a-f]{64}$' };
}

function requestBody(body: string): Schema {
  const type = body === 'json' ? 'proposal' : body;
  const cose = {
    schema: { type: 'string', contentMediaType: 'application/cose' },
    description: `COSE_Sign1 with the protected header "ccf.gov.msg.type": "${type}"`,
  };
  const content = {
    'application/cose': { schema: cose.schema },
    ...(body === 'json' && { 'application/json': { schema: ref('ProposalActions') } }),
  };
  return { required: true, description: cose.description, content };
}

function responses({ answer, nothing }: Operation): Schema {
  const content =
    answer === 'text/javascript'
      ? { [answer]: { schema: { type: 'string' } } }
      : { 'application/json': { schema: answer } };
  return {
    ...(answer !== undefined && {
      '200': { description: 'The answer', content, headers: transactionHeader },
    }),
    ...(nothing === true && { '204': { description: 'Done; nothing to say' } }),
    default: {
      description: 'A refusal, which changes nothing',
      headers: { 'x-ms-error-code': { schema: { type: 'string' } } },
      content: { 'application/json': { schema: ref('Error') } },
    },
  };
}

const transactionHeader: Schema = {
  'x-ms-ccf-transaction-id': {
    description: 'The transaction that the answer depends on',
    schema: { type: 'string', pattern: '^[0-9]+\\.[0-9]+$' },
  },
};
