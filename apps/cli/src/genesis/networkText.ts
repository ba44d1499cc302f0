/**
 * A new network in words: before it is made, and what to do with it afterwards.
 */
import path from 'node:path';
import process from 'node:process';
import { describePolicy } from '../governance/votingPolicyText.js';
import { bold, dim, fields, green, red, screenColumns, table, wrap, yellow } from '../terminal.js';
import { type NetworkPlan, type NewNetwork, networkPaths } from './networkFiles.js';

/** What would be made. */
export function describePlan(plan: NetworkPlan): string {
  const actors = (kind: 'members' | 'participants'): string =>
    plan[kind]
      .map(({ name, certificate }) => `${name} ${dim(certificate.fingerprint.slice(0, 12))}`)
      .join(', ');
  const names = new Map(
    [...plan.members, ...plan.participants].map(({ name, certificate }) => [certificate.fingerprint, name]),
  );
  return [
    bold(`The network “${plan.name}”`),
    '',
    fields([
      ['  directory', here(plan.directory)],
      ['  members', `${actors('members')}`],
      ['  participants', plan.participants.length === 0 ? dim('none') : actors('participants')],
      ...manifestRows(plan),
      ...Object.entries(plan.votingPolicies).map(
        ([action, policy]) =>
          [`  ${action === 'default' ? 'decided by' : action}`, describePolicy(policy)] as const,
      ),
    ]),
    '',
    table([
      ['  node', 'run by', 'application', 'administration', 'peers'],
      ...plan.nodes.map(({ addresses, actorId }, index) => [
        `  node${index}`,
        names.get(actorId ?? '') ?? '',
        addresses.application,
        addresses.administrative,
        addresses.peer,
      ]),
    ]),
  ].join('\n');
}

function manifestRows({ manifests }: NetworkPlan): readonly (readonly [string, string])[] {
  if (manifests === undefined) return [];
  const { teeManifest, codeManifest } = manifests;
  const tees = Object.keys(teeManifest).map((name) =>
    name === 'virtual' ? yellow('virtual (proves nothing)') : name,
  );
  const codes = Object.entries(codeManifest).map(([id, { component }]) => `${component} ${dim(id)}`);
  const isAny = teeManifest['virtual']?.['code'] === 'any';
  return [
    ['  platforms', tees.join(', ')],
    ['  code', isAny ? yellow('any') : codes.join(', ') || red('none: no node can take part')],
  ];
}

/** What was made, and what comes next. */
export function describeNewNetwork(plan: NetworkPlan, made: NewNetwork): string {
  const paths = networkPaths(plan.directory);
  const first = plan.nodes[0]?.addresses.administrative ?? '';
  const several = plan.nodes.length > 1;
  const starts = plan.nodes.map(
    (_, index) => `  coco node start --config ${here(paths.node(index))}/node.json`,
  );
  return [
    `${green('●')} ${bold(plan.name)} — made; it begins when its nodes start`,
    yellow('  platform virtual: proves nothing; the node directories hold the service’s key: guard them'),
    '',
    fields([
      [
        '  service certificate',
        `${here(paths.serviceCertificate)} ${dim('for everybody: clients and joining nodes')}`,
      ],
      ['  its fingerprint', made.serviceCertificate.fingerprint],
      ['  constitution digest', made.constitutionDigest],
      ['  genesis', here(paths.genesis)],
    ]),
    '',
    bold(several ? 'Next, on each node’s machine:' : 'Next:'),
    ...starts,
    ...(several
      ? wrap(
          'A node’s directory can move to its machine, together with genesis.json beside it; the addresses stay.',
          screenColumns - 2,
        ).map((line) => dim(`  ${line}`))
      : []),
    bold('Then, as a member:'),
    `  export COCO_URL=https://${first} COCO_SERVICE=${here(paths.serviceCertificate)}`,
    '  export COCO_CERT=… COCO_KEY=…',
    '  coco network status',
  ].join('\n');
}

function here(file: string): string {
  return path.relative(process.cwd(), file) || '.';
}
