/**
 * Rows of policy tables in words: automatic rules, approved code and platforms, settings.
 */
import { formatDuration } from './duration.js';
import { type JsonView, shortJson } from './jsonView.js';

const charsMax = 70;

/** A row of `public:coco.automation`. */
export function automationText(rule: JsonView): string {
  const count = rule.number('max_per_member');
  if (rule.text('action') !== 'add_node' || count === undefined) return shortJson(rule.value, charsMax);
  const code = rule.flag('requires_approved_code') ? ' that run approved code' : '';
  return `each member may add up to ${count} node${count === 1 ? '' : 's'}${code} without a ballot`;
}

/** A row of `public:coco.code_manifest`. */
export function codeText(code: JsonView): string {
  return [code.text('component'), code.text('description')].filter(Boolean).join(': ');
}

/** A row of `public:coco.tee_manifest`, or the arguments of `set_tee`. What is usual is not said. */
export function teeText(tee: JsonView): string {
  const parts = tee.entries().flatMap(([name, value]) => {
    const describe = Object.hasOwn(teeFields, name) ? teeFields[name] : undefined;
    if (describe === undefined) return [`${name.replaceAll('_', ' ')} ${shortJson(value, charsMax)}`];
    const text = describe(tee);
    return text === '' ? [] : [text];
  });
  return parts.join('; ');
}

const listed = (tee: JsonView, name: string): string => tee.texts(name).join(', ').slice(0, charsMax);

const counted = (tee: JsonView, name: string, what: string): string => {
  const { length } = tee.texts(name);
  return length === 0 ? '' : `${length} ${what}${length === 1 ? '' : 's'}`;
};

const teeFields: Readonly<Record<string, (tee: JsonView) => string>> = {
  platform: () => '',
  description: (tee) => tee.text('description'),
  code: (tee) => (tee.text('code') === 'any' ? 'any code' : 'approved code'),
  roots: (tee) => counted(tee, 'roots', 'more root'),
  machines: (tee) => `only on ${counted(tee, 'machines', 'machine')}`,
  minimum_tcb: (tee) => floorsText(tee.object('minimum_tcb')),
  signers: (tee) => `signed by ${listed(tee, 'signers').toUpperCase().replaceAll(', ', ' or ')}`,
  csp_ids: (tee) => `of the clouds ${listed(tee, 'csp_ids')}`,
  accepted_statuses: (tee) => `TCB status ${listed(tee, 'accepted_statuses')}`,
  allowed_advisories: (tee) => `in spite of ${listed(tee, 'allowed_advisories')}`,
  uvm: (tee) => counted(tee, 'uvm', 'endorsed utility VM'),
};

/** "firmware from milan snp 8, microcode 115". */
function floorsText(floors: JsonView): string {
  const families = floors.entries().map(([family]) => {
    const parts = floors.object(family).entries();
    return `${family} ${parts.map(([part, floor]) => `${part.replaceAll('_', ' ')} ${shortJson(floor, 10)}`).join(', ')}`;
  });
  return families.length === 0 ? '' : `firmware from ${families.join(' / ')}`;
}

/** The row of `public:coco.settings`: names as people say them, and values with their units. */
export function settingsText(settings: JsonView): readonly (readonly [name: string, value: string])[] {
  return settings.entries().map(([name, value]) => {
    const none = value === 0 && Object.hasOwn(zeros, name) ? zeros[name] : undefined;
    if (name === 'sample_fraction_ppm' && typeof value === 'number') {
      return ['sample fraction', `${Number((value / 10_000).toFixed(4))} %`];
    }
    const [, label = name, unit = ''] = /^(.*)_(seconds|days)$/.exec(name) ?? [];
    const isTime = unit !== '' && typeof value === 'number';
    const seconds = isTime ? value * (unit === 'days' ? 86_400 : 1) : 0;
    const text = isTime ? formatDuration(seconds) : shortJson(value, charsMax);
    return [label.replaceAll('_', ' '), none ?? text];
  });
}

/** Settings of which 0 says something else than a number. */
const zeros: Readonly<Record<string, string>> = {
  epoch_seconds: 'no end by time',
  key_threshold: 'a majority',
};
