/**
 * `coco network status`: the service, its nodes and what is open, on one screen.
 */
import process from 'node:process';
import { parseCertificate } from '@coco/crypto';
import { assuranceIn, assuranceText } from '../attestation/verdictText.js';
import type { Command } from '../command.js';
import { accessOptions, jsonOption, serviceCertificatePem, withClient } from '../governance/access.js';
import { openAlarmsText, readAlarms } from '../governance/alarms.js';
import { viewOf } from '../governance/jsonView.js';
import { namerOf, shortId } from '../governance/naming.js';
import {
  actorsIn,
  type NetworkNode,
  readConstitution,
  readNodes,
  readProposals,
} from '../governance/networkReader.js';
import { nodeTable, type SeenNode, seeNodes } from '../governance/nodeText.js';
import { bold, dim, fields, green, red, yellow } from '../terminal.js';

export const networkStatus: Command = {
  name: 'network status',
  summary: 'show the service, its nodes, and what is open',
  operands: '',
  options: { ...jsonOption, ...accessOptions },
  about: ['Exit status 1 when a node that takes part does not answer, or there is no primary.'],
  examples: [['coco network status', 'with COCO_URL and COCO_SERVICE in the environment']],
  async run(_operands, options) {
    return withClient(options, async (client) => {
      const certificatePem = serviceCertificatePem(options);
      const [network, constitution, nodes, proposals, alarms] = await Promise.all([
        client.getJson('/node/network').then(viewOf),
        readConstitution(client),
        readNodes(client),
        readProposals(client),
        readAlarms(client, parseCertificate(certificatePem)),
      ]);
      const seen = await seeNodes(nodes, certificatePem);
      const actors = actorsIn(constitution);
      const open = proposals.filter((proposal) => proposal.text('proposalState') === 'Open').length;
      const count = (kind: string): number => actors.filter((actor) => actor.kind === kind).length;
      const healthy = isHealthy(seen);
      if (options['json'] === true) {
        process.stdout.write(
          `${JSON.stringify({
            serviceStatus: network.text('service_status'),
            constitutionDigest: constitution.text('digest'),
            members: count('member'),
            participants: count('participant'),
            openProposals: open,
            openAlarms: alarms.length,
            healthy,
            assurance: network.object('assurance').value,
            leaseTrouble: network.text('lease_trouble') || null,
            nodes: seen.map(({ node, state }) => ({
              ...node,
              answers: state !== undefined,
              state: state?.value ?? null,
            })),
          })}\n`,
        );
        return healthy ? 0 : 1;
      }
      const proves = seen.some(({ state }) => state?.flag('platform_proves_nothing') === true);
      const lines = [
        `${healthy ? green('●') : red('●')} ${bold('Service')} ${network.text('service_status')}`,
        ...(proves ? [yellow('  platform virtual: proves nothing')] : []),
        '',
        fields([
          ['  service certificate', dim(parseCertificate(certificatePem).fingerprint)],
          ['  constitution', dim(constitution.text('digest'))],
          ['  assurance', assuranceText(assuranceIn(network))],
          ['  members', String(count('member'))],
          ['  participants', String(count('participant'))],
          ['  open proposals', open === 0 ? 'none' : yellow(String(open))],
          ['  alarms', openAlarmsText(alarms)],
        ]),
        '',
        nodeTable(seen, namerOf(actors), Date.now()),
        ...outOfNetwork(nodes),
        ...(network.text('lease_trouble') === '' ? [] : ['', yellow(`  ${network.text('lease_trouble')}`)]),
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
      return healthy ? 0 : 1;
    });
  },
};

/** Why nodes are out, which the table has no room for. */
function outOfNetwork(nodes: readonly NetworkNode[]): readonly string[] {
  return nodes.flatMap(({ id, lease }) =>
    lease === undefined || lease.reason === '' ? [] : ['', `  ${red(shortId(id))} is out: ${lease.reason}`],
  );
}

function isHealthy(seen: readonly SeenNode[]): boolean {
  const trusted = seen.filter(({ node }) => node.status === 'Trusted');
  return trusted.every(({ state }) => state !== undefined) && trusted.some(({ node }) => node.primary);
}
