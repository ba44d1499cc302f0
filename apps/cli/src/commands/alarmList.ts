/**
 * `coco alarm list`: transactions that came out otherwise when nodes executed them again (MIT-3), with the evidence checked here.
 */
import process from 'node:process';
import { parseCertificate } from '@coco/crypto';
import type { Command } from '../command.js';
import { accessOptions, jsonOption, serviceCertificatePem, withClient } from '../governance/access.js';
import { alarmText, readAlarms } from '../governance/alarms.js';
import { namerOf } from '../governance/naming.js';
import { readNodes } from '../governance/networkReader.js';
import { green } from '../terminal.js';

export const alarmList: Command = {
  name: 'alarm list',
  summary: 'show transactions that nodes say the primary did not execute as it should',
  operands: '',
  options: { ...jsonOption, ...accessOptions },
  about: [
    'The receipt in each alarm proves which node signed the transaction, its signature which node accuses it; both are checked here with the service certificate. An alarm stays until the members close it: coco proposal create close-alarm ALARM. Exit status 1 when there are any.',
  ],
  examples: [['coco alarm list', 'with COCO_URL and COCO_SERVICE in the environment']],
  async run(_operands, options) {
    const service = parseCertificate(serviceCertificatePem(options));
    const { alarms, nodes } = await withClient(options, async (client) => ({
      alarms: await readAlarms(client, service),
      nodes: await readNodes(client),
    }));
    if (options['json'] === true) {
      const shown = alarms.map(({ row, refusal }) => ({
        ...row.value,
        holds: refusal === undefined,
        refusal,
      }));
      process.stdout.write(`${JSON.stringify(shown)}\n`);
    } else if (alarms.length === 0) {
      process.stdout.write(`${green('●')} no alarms\n`);
    } else {
      const namer = namerOf(nodes.map(({ id }) => ({ id, name: '' })));
      process.stdout.write(`${alarms.map((alarm) => alarmText(alarm, namer)).join('\n\n')}\n`);
    }
    return alarms.length === 0 ? 0 : 1;
  },
};
