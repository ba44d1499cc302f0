/**
 * `coco recover begin`: what is asked of the holders of shares when all nodes of a network are lost (CONF-4).
 */
import process from 'node:process';
import { type Command, list, needed, text, UsageError } from '../command.js';
import { jsonOption } from '../governance/access.js';
import { readText } from '../ledger/textFile.js';
import { beginRecovery } from '../recovery/beginRecovery.js';
import { describeBegun, progressOf } from '../recovery/recoveryText.js';
import { yellow } from '../terminal.js';
import { actorOptions } from './nodeTuple.js';

export const recoverBegin: Command = {
  name: 'recover begin',
  summary: 'begin to recover a network of which only ledger files are left',
  operands: '',
  options: {
    ledger: {
      type: 'string',
      short: 'l',
      value: 'DIR',
      multiple: true,
      help: 'ledger files of a node of that network; of several, those that reach furthest are recovered',
    },
    snapshots: {
      type: 'string',
      value: 'DIR',
      help: 'where the snapshot is that the ledger begins with, if it does; default: snapshots beside it',
    },
    'service-certificate': {
      type: 'string',
      value: 'FILE',
      help: 'the service that you trust (PEM); without it the ledger is believed about that',
    },
    directory: {
      type: 'string',
      short: 'd',
      value: 'DIR',
      help: 'a new directory, for everything of the recovery',
    },
    address: {
      type: 'string',
      value: 'HOST:PORT',
      help: 'where the first node is to listen: applications here, administration 100 and peers 200 higher, or HOST:PORT,PORT,PORT',
    },
    drill: {
      type: 'boolean',
      help: 'a rehearsal: all up to the replay of the ledger, of which nothing is left in the end',
    },
    ...jsonOption,
    ...actorOptions,
  },
  about: [
    'Audits the ledger, makes the key of the node that the network is to go on with, and writes a request, signed by the actor whose node ' +
      'it is. The request goes to the actors: as many as share the network’s key answer it with coco share answer, on machines that need ' +
      'no network. coco recover add takes the answers, coco recover open ends it. The ledger files stay as they are.',
  ],
  examples: [
    [
      'coco recover begin --ledger rescued/ledger --directory recovery --address 10.0.0.9:8545 \\\n' +
        '    --actor-cert acme.cert.pem --actor-key acme.key.pem',
      'recovery/request.json is for the holders of shares',
    ],
    ['coco recover begin --drill --ledger /backup/ledger --directory /tmp/drill …', 'rehearse it, on a copy'],
  ],
  async run(_operands, options) {
    const ledgers = list(options, 'ledger');
    if (ledgers.length === 0) throw new UsageError('--ledger is needed');
    const directory = needed(options, 'directory');
    needed(options, 'address');
    const json = options['json'] === true;
    const progress = progressOf(json);
    const snapshots = text(options, 'snapshots');
    const trusted = text(options, 'service-certificate');
    try {
      const { recovery, unsigned, unsound } = await beginRecovery({
        ledgers,
        ...(snapshots !== undefined && { snapshots }),
        ...(trusted !== undefined && { trustedPem: readText(trusted) }),
        directory,
        isDrill: options['drill'] === true,
        options,
        onProgress: progress.said,
      });
      progress.end();
      for (const { ledger, reason } of unsound) {
        process.stderr.write(`${yellow(`${ledger} is not used: ${reason}`)}\n`);
      }
      const { key, digest, epochs } = recovery.request;
      const result = {
        directory: recovery.directory,
        request: recovery.paths.request,
        digest,
        ledger: recovery.state.ledger,
        last: recovery.state.last,
        unsigned,
        epochs: epochs.length,
        needed: key.key.threshold,
        holders: key.key.actors,
        drill: recovery.state.isDrill,
        unsound,
      };
      process.stdout.write(`${json ? JSON.stringify(result) : describeBegun(recovery, unsigned)}\n`);
      return 0;
    } finally {
      progress.end();
    }
  },
};
