/**
 * `coco node status`: one node, as it sees itself and as the network sees it.
 */
import process from 'node:process';
import { type Client, createClient } from '@coco/client';
import { assuranceIn, assuranceText } from '../attestation/verdictText.js';
import { type Command, type OptionValues, UsageError } from '../command.js';
import { accessOptions, jsonOption, serviceCertificatePem, withClient } from '../governance/access.js';
import { samplingText } from '../governance/alarms.js';
import { type JsonView, viewOf } from '../governance/jsonView.js';
import { findNamed, namerOf } from '../governance/naming.js';
import { leaseIn, type NetworkNode, readActors, readNodes } from '../governance/networkReader.js';
import { leaseText, statusText } from '../governance/nodeText.js';
import { bold, dim, fields, green, yellow } from '../terminal.js';

export const nodeStatus: Command = {
  name: 'node status',
  summary: 'show how one node is',
  operands: '[NODE]',
  options: { ...jsonOption, ...accessOptions },
  about: ['NODE is the id of a node or its first digits. Without it, the node at --url.'],
  examples: [['coco node status 91bc', 'the node whose id begins with these digits']],
  async run(operands, options) {
    const [given, ...more] = operands;
    if (more.length > 0) throw new UsageError('one NODE at a time');
    return withClient(options, async (client) => {
      const nodes = await readNodes(client);
      const node = given === undefined ? undefined : findNamed(given, nodes, 'node');
      const { state, consensus, version } = await ask(client, node, options);
      const seen = node ?? nodes.find(({ id }) => id === state.text('node_id'));
      if (options['json'] === true) {
        const result = {
          node: seen ?? null,
          state: state.value,
          consensus: consensus.value,
          version: version.value,
        };
        process.stdout.write(`${JSON.stringify(result)}\n`);
        return 0;
      }
      const namer = namerOf(await readActors(client));
      const owner = seen === undefined || seen.actorId === '' ? dim('nobody') : namer.nameAndId(seen.actorId);
      process.stdout.write(`${describe({ state, consensus, version, seen, owner })}\n`);
      return 0;
    });
  },
};

interface Said {
  readonly state: JsonView;
  readonly consensus: JsonView;
  readonly version: JsonView;
}

/** Asks `node` itself, or whoever the options name when there is none. */
async function ask(client: Client, node: NetworkNode | undefined, options: OptionValues): Promise<Said> {
  const itself =
    node === undefined
      ? client
      : createClient({
          url: `https://${node.administrative}`,
          serviceCertificatePem: serviceCertificatePem(options),
        });
  try {
    const [state, consensus, version] = await Promise.all(
      ['/node/state', '/node/consensus', '/node/version'].map((path) => itself.getJson(path).then(viewOf)),
    );
    const nothing = viewOf({});
    return {
      state: state ?? nothing,
      consensus: (consensus ?? nothing).object('details'),
      version: version ?? nothing,
    };
  } finally {
    if (itself !== client) itself.close();
  }
}

function describe(said: Said & { readonly seen: NetworkNode | undefined; readonly owner: string }): string {
  const { state, consensus, version, seen, owner } = said;
  const trouble = leaseIn(state)?.reason || state.object('lease_trouble').text('sentence');
  const keyTrouble = state.object('secrets').text('key_trouble');
  const acks = consensus.object('acks').entries();
  return [
    `${green('●')} ${bold('Node')} ${state.text('node_id')}`,
    ...(state.flag('platform_proves_nothing') ? [yellow('  platform virtual: proves nothing')] : []),
    '',
    fields([
      ['  of', owner],
      ['  on the list', seen === undefined ? yellow('no') : listText(seen)],
      ['  role', state.text('role')],
      ['  view', String(state.number('view') ?? '')],
      ['  committed', state.text('last_committed')],
      ['  began at', String(state.number('startup_seqno') ?? '')],
      [
        '  consensus',
        [consensus.text('leadership_state'), consensus.text('membership_state')].filter(Boolean).join(', '),
      ],
      ...(consensus.text('retirement_phase') === ''
        ? []
        : [['  retirement', consensus.text('retirement_phase')] as const]),
      ...(acks.length === 0
        ? []
        : [['  hears from', `${acks.length} other node${acks.length === 1 ? '' : 's'}`] as const]),
      ...doubtFields(state),
      ['  platform', state.text('platform')],
      ['  code id', seen === undefined || seen.codeId === '' ? dim('not proved yet') : seen.codeId],
      ['  lease', leaseText(leaseIn(state), Date.now())],
      ...(trouble === '' ? [] : [['  lease trouble', yellow(trouble)] as const]),
      ['  epoch', epochText(state.object('secrets'))],
      ...(keyTrouble === '' ? [] : [['  key trouble', yellow(keyTrouble)] as const]),
      ['  sampling', samplingText(state.object('sampling'))],
      ['  assurance', assuranceText(assuranceIn(state))],
      ['  version', `coco ${version.text('coco_version')}, Node.js ${version.text('node_version')}`],
    ]),
  ].join('\n');
}

/** Whether the node counts, and whether what it answers may be old. */
function doubtFields(state: JsonView): (readonly [string, string])[] {
  const outOfTouchMs = state.number('out_of_touch_ms');
  const doubt = state.flag('disk_turned_back')
    ? 'its disk was turned back: it counts for nothing until it has what it lacks'
    : 'it has started, and counts once others show that its disk is the latest';
  return [
    ...(state.flag('in_doubt') ? [['  in doubt', yellow(doubt)] as const] : []),
    ...(outOfTouchMs === undefined || outOfTouchMs >= 5000
      ? [['  out of touch', yellow(`${outOfTouchText(outOfTouchMs)}: what it answers may be old`)] as const]
      : []),
  ];
}

function outOfTouchText(outOfTouchMs: number | undefined): string {
  return outOfTouchMs === undefined ? 'since it started' : `for ${Math.floor(outOfTouchMs / 1000)} s`;
}

/** The epoch, and with how many actors' help its secret can be brought back. */
function epochText(secrets: JsonView): string {
  const key = secrets.object('network_key');
  const epoch = String(secrets.number('epoch') ?? '');
  const threshold = key.number('threshold');
  if (threshold === undefined) return `${epoch}, ${dim('the network has no shared key yet')}`;
  const held = key.flag('share_held') ? 'a share is here' : yellow('no share is here');
  return `${epoch}, shared key ${threshold} of ${key.texts('actors').length}, ${held}`;
}

/** What the list says, role apart. */
function listText(node: NetworkNode): string {
  return node.status === 'Trusted' ? green('takes part') : statusText(node);
}
