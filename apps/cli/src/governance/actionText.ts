/**
 * What a proposal asks for, action by action, for people who are not engineers. Actions that are not known here are shown
 * with their arguments as they are.
 */
import { parseCertificate } from '@coco/crypto';
import { parseVotingPolicy } from '@coco/governance';
import { type JsonView, shortJson, viewOf } from './jsonView.js';
import { type Namer, shortId } from './naming.js';
import { automationText, codeText, settingsText, teeText } from './policyRows.js';
import { describePolicy } from './votingPolicyText.js';

/** One or more lines; the first says what is done. */
export function describeAction(action: JsonView, namer: Namer): readonly string[] {
  const name = action.text('name');
  const args = action.object('args');
  const known = Object.hasOwn(sentences, name) ? sentences[name]?.(args, namer) : undefined;
  if (known !== undefined) return known;
  return [`Do ${name}${args.entries().length === 0 ? '' : ', with'}`, ...argumentLines(args)];
}

const lineCharsMax = 76;

/** Arguments, one on a line. */
function argumentLines(args: JsonView): readonly string[] {
  return args.entries().map(([name, value]) => `${name}: ${shortJson(value, lineCharsMax - name.length)}`);
}

type Sentence = (args: JsonView, namer: Namer) => readonly string[] | undefined;

/** By the name of the action, in CCF's constitution or Coco's. */
const sentences: Readonly<Record<string, Sentence>> = {
  set_member: (args) => admission('member', args, args.object('member_data').text('name')),
  set_participant: (args) => admission('participant', args, args.text('name')),
  set_user: (args) => admission('user', args, ''),
  remove_member: (args, namer) => [`Remove the member ${namer.nameAndId(args.text('member_id'))}`],
  remove_participant: (args, namer) => [
    `Remove the participant ${namer.nameAndId(args.text('participant_id'))}`,
  ],
  set_share_key: (args, namer) => {
    const actor = namer.nameAndId(args.text('actor_id'));
    const key = args.text('share_key');
    return key === ''
      ? [`Seal shares of the network’s key to the own key of ${actor} no more`]
      : [`Seal the shares of ${actor} of the network’s key to its own key, too`, `share key: ${key}`];
  },
  remove_user: (args) => [`Remove the user ${shortId(args.text('user_id'))}`],
  add_node: (args, namer) => [
    `Let node ${shortId(args.text('node_id'))} of ${namer.name(args.text('actor'))} join`,
    `applications at ${args.text('application_address')}, administration at ` +
      `${args.text('administrative_address')}, peers at ${args.text('peer_address')}`,
  ],
  remove_node: (args) => [`Remove the node ${shortId(args.text('node_id'))}`],
  distrust_node: (args) => [
    `Distrust the node ${shortId(args.text('node_id'))}, whatever it proves`,
    args.text('reason'),
  ],
  trust_node: (args) => [
    `Let the node ${shortId(args.text('node_id'))} come back when it proves what it runs`,
  ],
  close_alarm: (args) => [
    `Close the alarm over transaction ${args.text('alarm').replace(/^.*:/, '')}`,
    args.text('alarm'),
  ],
  transition_node_to_trusted: (args) => [`Let node ${shortId(args.text('node_id'))} take part`],
  set_voting_policy: (args) => {
    const policy = parseVotingPolicy(args.object('policy').value) ?? parseVotingPolicy(args.value);
    if (policy === undefined) return undefined;
    return [`Decide ${actionKind(args)} like this: ${describePolicy(policy)}`];
  },
  remove_voting_policy: (args) => [`Decide ${actionKind(args)} as everything else is decided`],
  set_automation_rule: (args) => [
    `Let every member do this without a ballot, by the rule “${args.text('rule')}”`,
    automationText(args),
  ],
  remove_automation_rule: (args) => [`End the automatic rule “${args.text('rule')}”`],
  add_code: (args) => [`Approve the code ${args.text('measurement').slice(0, 24)}`, codeText(args)],
  remove_code: (args) => [`Approve the code ${args.text('measurement').slice(0, 24)} no longer`],
  set_tee: (args) => {
    const demands = teeText(args);
    const first = `Let in nodes on the platform “${args.text('platform')}”`;
    return demands === '' ? [first] : [first, demands];
  },
  remove_tee: (args) => [`Let in no more nodes on the platform “${args.text('platform')}”`],
  set_settings: (args) => [
    `Set ${settingsText(args)
      .map(([name, value]) => `${name} to ${value}`)
      .join(', ')}`,
  ],
  set_constitution: (args) => [
    'Replace the scripts of the constitution',
    `the new ones have ${args.raw('constitution').split('\n').length} lines; see coco constitution diff --proposal`,
  ],
  set_recovery_threshold: (args) => [
    `Ask for ${args.number('recovery_threshold') ?? '?'} members in a recovery`,
  ],
  trigger_snapshot: () => ['Have a snapshot made now'],
  trigger_ledger_rekey: () => ['Change the key of the ledger'],
  trigger_ledger_chunk: () => ['Begin a new file of the ledger now'],
};

function admission(kind: string, args: JsonView, name: string): readonly string[] {
  const called = name === '' ? '' : ` “${name}”`;
  try {
    const { fingerprint, subject, notAfterMs } = parseCertificate(args.raw('cert'));
    const until = new Date(notAfterMs).toISOString().slice(0, 10);
    return [
      `Admit the ${kind}${called} ${shortId(fingerprint)}`,
      `by the certificate of ${shortJson(subject.replaceAll('\n', ', '), 60)}, valid until ${until}`,
    ];
  } catch {
    return [`Admit the ${kind}${called}`, 'by a certificate that cannot be read'];
  }
}

function actionKind(args: JsonView): string {
  const action = args.text('action') || args.text('action_name');
  return action === 'default' ? 'everything without a policy of its own' : `“${action}”`;
}

/** Names of actions, counted: "set_member, remove_node ×2". */
export function actionNames(actions: readonly JsonView[]): string {
  const counts = new Map<string, number>();
  for (const action of actions) {
    const name = viewOf(action.value).text('name');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)).join(', ');
}
