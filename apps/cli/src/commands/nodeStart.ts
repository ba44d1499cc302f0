/**
 * `coco node start`: runs one node in this process until it is told to stop.
 */
import { joinNetwork, loadConfig, openVirtualSealer, preventDumps } from '@coco/host';
import { CocoError } from '@coco/primitives';
import { type Command, needed } from '../command.js';
import { logOptions, openLog, runNode, tell } from '../node/runNode.js';

export const nodeStart: Command = {
  name: 'node start',
  summary: 'run one node of a network, until SIGTERM or Ctrl-C',
  operands: '',
  options: {
    config: { type: 'string', short: 'c', value: 'FILE', help: 'the configuration of the node (JSON)' },
    ...logOptions,
  },
  about: [
    'A node of a genesis, or one that has joined: a node that has not joined yet does so first, if the configuration has ' +
      'the digest of the constitution that was approved (coco node join asks for it).',
  ],
  examples: [
    ['coco node start --config /etc/coco/node.json', 'every setting: docs/reference/configuration.md'],
  ],
  async run(_operands, options) {
    const file = needed(options, 'config');
    const log = openLog(options);
    preventDumps(log);
    try {
      const config = loadConfig(file);
      if (config.join !== undefined) {
        const sealer = await openVirtualSealer(config.virtualKeyPath);
        await joinNetwork({ config, sealer, onProgress: (progress) => log.info('joining', { ...progress }) });
      }
      return await runNode(config, log);
    } catch (error) {
      if (error instanceof CocoError) tell({ type: 'failure', code: error.code, message: error.message });
      throw error;
    }
  },
};
