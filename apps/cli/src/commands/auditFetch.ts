/**
 * `coco audit fetch`: reads what an auditor was granted, and nothing else, and checks all of it.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeAudit } from '../audit/auditText.js';
import { fetchAudit } from '../audit/fetchAudit.js';
import { type Command, needed, text, whole } from '../command.js';
import {
  accessOptions,
  actorOptions,
  jsonOption,
  serviceCertificatePem,
  withActorClients,
} from '../governance/access.js';
import { parseRange } from '../governance/auditArguments.js';
import { namerOf } from '../governance/naming.js';
import { readActors } from '../governance/networkReader.js';
import { liveLine } from '../terminal.js';

/** A node that opens entries may have to ask others for their secrets. */
const requestTimeoutMs = 60_000;
const secondsMax = 86_400;

export const auditFetch: Command = {
  name: 'audit fetch',
  summary: 'read what an auditor was granted, check it, and write it into a directory',
  operands: '',
  options: {
    grant: { type: 'string', value: 'GRANT', help: 'id of the grant (coco audit grants)' },
    out: { type: 'string', short: 'o', value: 'DIR', help: 'a new directory for entries and receipts' },
    epochs: { type: 'string', value: 'A[-B]', help: 'only these of the granted epochs' },
    timeout: { type: 'string', value: 'SECONDS', default: '60', help: 'how long to wait for each part' },
    ...jsonOption,
    ...accessOptions,
    ...actorOptions,
  },
  about: [
    'Whole epochs are decrypted here: the nodes of M actors give a partial decryption each, none of which is worth anything alone, and the secret of one epoch opens no other. Named tables are opened by the node that is asked, which tells their rows and no others.',
    'Every entry is checked with the service certificate: the signatures over it, and its receipt, which is written beside it. Whatever a node gives an auditor stands on the ledger first: coco audit reads.',
  ],
  examples: [
    [
      'coco audit fetch --grant 5f2c… --out audit-2026 --cert audit.cert.pem --key audit.key.pem',
      'with COCO_URL and COCO_SERVICE in the environment',
    ],
    ['coco audit fetch --grant 5f2c… --epochs 12-14 --out q3 --json', 'three of the granted epochs'],
  ],
  async run(_operands, options) {
    const [url, grant, directory] = [
      needed(options, 'url', 'COCO_URL'),
      needed(options, 'grant'),
      needed(options, 'out'),
    ];
    const json = options['json'] === true;
    const epochs = text(options, 'epochs');
    const progress = liveLine();
    const show = (sentence: string): void => {
      if (!json) progress.show(sentence);
    };
    return withActorClients(
      options,
      async (clientAt) => {
        const summary = await fetchAudit({
          url,
          clientAt,
          serviceCertificatePem: serviceCertificatePem(options),
          grant,
          ...(epochs !== undefined && { epochs: parseRange(epochs, '--epochs') }),
          directory,
          timeoutMs: 1000 * whole(options, 'timeout', 0, secondsMax),
          clock: { nowMs: () => performance.now(), sleep: (ms) => sleep(ms) },
          onWait: (state) => show(state),
          onProgress: show,
        }).finally(() => progress.end());
        const named = json ? [] : await readActors(clientAt(url));
        process.stdout.write(`${json ? JSON.stringify(summary) : describeAudit(summary, namerOf(named))}\n`);
        return 0;
      },
      requestTimeoutMs,
    );
  },
};
