/**
 * `coco audit grants`, `coco audit reads`: who may read private data without being an actor, and what they have read.
 */
import process from 'node:process';
import type { Client } from '@coco/client';
import { describeGrants, describeReads } from '../audit/auditText.js';
import type { Command } from '../command.js';
import { accessOptions, jsonOption, withClient } from '../governance/access.js';
import { type JsonView, viewOf } from '../governance/jsonView.js';
import { readAuditGrants } from '../governance/networkReader.js';

const options = { ...jsonOption, ...accessOptions };
const inEnvironment = 'with COCO_URL and COCO_SERVICE in the environment';

export const auditGrants: Command = {
  name: 'audit grants',
  summary: 'show which auditors may read what, and until when',
  operands: '',
  options,
  about: [
    'A grant is made by a vote (coco proposal create grant-audit …), ends at its time, and is ended by a vote (revoke-audit). What was read before stays read.',
  ],
  examples: [['coco audit grants', inEnvironment]],
  async run(_operands, given) {
    const grants = await withClient(given, readAuditGrants);
    print(given['json'] === true, grants, describeGrants(grants));
    return 0;
  },
};

export const auditReads: Command = {
  name: 'audit reads',
  summary: 'show what auditors have read, as the ledger has it',
  operands: '',
  options,
  about: [
    'Each node that answers an auditor writes it on the ledger first. For the secret of an epoch nodes of M actors must have answered. The rows stand in public:coco.audit.reads, and in the ledger files of every node: coco ledger show DIR --table public:coco.audit.reads.',
  ],
  examples: [['coco audit reads', inEnvironment]],
  async run(_operands, given) {
    const { reads, grants } = await withClient(given, async (client) => ({
      reads: await readReads(client),
      grants: await readAuditGrants(client),
    }));
    print(given['json'] === true, reads, describeReads(reads, grants));
    return 0;
  },
};

async function readReads(client: Client): Promise<readonly JsonView[]> {
  return viewOf(await client.getJson('/gov/coco/audit/reads')).list('value');
}

function print(json: boolean, rows: readonly JsonView[], text: string): void {
  process.stdout.write(`${json ? JSON.stringify(rows.map(({ value }) => value)) : text}\n`);
}
