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

/** A row of `public:coco.tee_manifest`. */
export function teeText(tee: JsonView): string {
  const minimum = tee.value['minimum_tcb'];
  const floor = minimum === undefined ? [] : [`firmware from ${shortJson(minimum, 40)}`];
  return [tee.text('description'), ...floor].filter(Boolean).join(', ');
}

/** The row of `public:coco.settings`: names as people say them, and values with their units. */
export function settingsText(settings: JsonView): readonly (readonly [name: string, value: string])[] {
  return settings.entries().map(([name, value]) => {
    const [, label = name, unit = ''] = /^(.*)_(seconds|days)$/.exec(name) ?? [];
    const isTime = unit !== '' && typeof value === 'number';
    const seconds = isTime ? value * (unit === 'days' ? 86_400 : 1) : 0;
    return [label.replaceAll('_', ' '), isTime ? formatDuration(seconds) : shortJson(value, charsMax)];
  });
}
