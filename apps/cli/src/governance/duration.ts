/**
 * Lengths of time as people write them: "90s", "30m", "12h", "7d".
 */
import { UsageError } from '../command.js';

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds in `text`; a UsageError that names `option` when it is not a length of time. */
export function parseDuration(text: string, option: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = Number(digits) * units[unit as keyof typeof units];
  if (Number.isSafeInteger(seconds) && seconds > 0) return seconds;
  throw new UsageError(`${option} takes a length of time such as 90s, 30m, 12h or 7d, not "${text}"`);
}

/** 93,600 as "1 day 2 hours": the two largest units, in words. */
export function formatDuration(seconds: number): string {
  const parts: string[] = [];
  let left = Math.max(0, Math.round(seconds));
  for (const [name, size] of [
    ['day', units.d],
    ['hour', units.h],
    ['minute', units.m],
    ['second', units.s],
  ] as const) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(' ') || '0 seconds';
}
