/**
 * What a person sees when the network is up: where everything is, and what to try next.
 */
import path from 'node:path';
import process from 'node:process';
import { identityFiles } from '../genesis/identities.js';
import { bold, cyan, dim, green, table, yellow } from '../terminal.js';
import type { Account } from './accounts.js';
import { type SandboxPaths, sandboxActors } from './files.js';
import type { Network } from './network.js';

export function summary(paths: SandboxPaths, network: Network, accounts: readonly Account[]): string {
  const here = (file: string): string => path.relative(process.cwd(), file) || '.';
  const rows = network.nodes.map(({ name, report }) => [
    name,
    report?.role ?? '',
    report?.applicationUrl ?? '',
    report?.administrativeUrl ?? '',
    `${report?.nodeId.slice(0, 12) ?? ''}…`,
  ]);
  const url = network.applicationUrl(0);
  const certificate = here(paths.serviceCertificate);
  const question = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}';
  const curl = `curl --cacert ${certificate} -H 'content-type: application/json' -d '${question}' ${url}`;
  const [account] = accounts;
  const member = identityFiles(here(paths.identities), sandboxActors.members[0]);
  return [
    `${green('●')} ${bold('Coco')} — ${network.nodes.length} nodes on loopback, mutual TLS, encrypted ledgers`,
    yellow(
      '  platform virtual: proves nothing; clients without a certificate are admitted: for trying out only',
    ),
    '',
    table([['node', 'role', 'application', 'administration', 'id'], ...rows]),
    '',
    `  JSON-RPC              ${cyan(url)}`,
    `  service certificate   ${certificate}`,
    `  identities            ${here(paths.identities)} ${dim(`${sandboxActors.members.length} members, ${sandboxActors.participants.length} participants`)}`,
    `  funded accounts       ${here(paths.accounts)} ${dim(`${account?.address ?? ''} and ${accounts.length - 1} more`)}`,
    `  ledgers               ${here(path.join(paths.node(0), 'ledger'))} ${dim('and beside it')}`,
    '',
    bold('Try next, in another terminal:'),
    `  ${curl}`,
    `  npx coco ledger verify ${here(path.join(paths.node(0), 'ledger'))}`,
    `  NODE_EXTRA_CA_CERTS=${certificate} node your-viem-or-ethers-script.mjs ${dim(`# with ${url}`)}`,
    '',
    bold('Govern it, as member0:'),
    `  export COCO_URL=${network.administrativeUrl(0)} COCO_SERVICE=${certificate}`,
    `  export COCO_CERT=${member.certificate} COCO_KEY=${member.key}`,
    `  npx coco constitution show ${dim('then: npx coco proposal create …, vote, watch; see docs/governance.md')}`,
    '',
    dim('Ctrl-C stops the network; the next start goes on where it stopped.'),
  ].join('\n');
}
