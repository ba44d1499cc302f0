/**
 * `npm run fuzz:attestation -- --minutes N --seed S`: evidence and endorsements are bent at random. Nothing that differs from what is
 * good may be accepted; nothing but a coded refusal may come out; and no refusal may take long.
 */
import { parseArgs } from 'node:util';
import { CocoError, type Random, seededRandom } from '@coco/primitives';
import { decodeEvidence, encodeEvidence } from '../../carriage.js';
import { verifyPlatformEvidence } from '../../platformEvidence.js';
import type { Evidence } from '../../types.js';
import { verifyEvidence } from '../../verifyEvidence.js';
import { mutate } from './mutate.js';
import { differences, isSameEvidence } from './sameEvidence.js';
import { type FuzzSeed, fuzzSeeds } from './seeds.js';

/** The processor's time that hostile evidence may cost. A dearer one is tried again: garbage is collected at times. */
const costMsMax = 50;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string', default: '1' } },
});
const minutes = positive('minutes', values.minutes);
const random = seededRandom(positive('seed', values.seed));
const seeds = fuzzSeeds();
const refusals = new Map<string, number>();
const faults: string[] = [];
let [runs, unchanged, slowestMs] = [0, 0, 0];

for (const { name, evidence, anchors, atMs } of seeds) {
  verifyPlatformEvidence(evidence, anchors, atMs);
  console.log(`good: ${name}`);
}
const end = performance.now() + minutes * 60_000;
for (let told = performance.now(); performance.now() < end && faults.length < 10; ) {
  for (let i = 0; i < 50; i++) attack(seeds[random.integer(seeds.length)] as FuzzSeed);
  if (performance.now() - told < 10_000) continue;
  told = performance.now();
  console.log(`${runs} tries, ${faults.length} faults, slowest ${slowestMs.toFixed(1)} ms`);
}
for (const [code, count] of [...refusals].sort((a, b) => b[1] - a[1])) console.log(`${count}  ${code}`);
for (const fault of faults) console.log(fault);
console.log(
  `${runs} tries in ${minutes} min, ${unchanged} left as they were, ${faults.length} faults, slowest ${slowestMs.toFixed(1)} ms`,
);
process.exit(faults.length === 0 ? 0 : 1);

function attack(seed: FuzzSeed): void {
  const { anchors, atMs } = seed;
  const { evidence, isWire } = bend(seed, random);
  runs++;
  const judge = (): void => {
    const read = isWire ? decodeEvidence(evidence as Uint8Array) : (evidence as Evidence);
    if (read.claims === undefined) verifyPlatformEvidence(read, anchors, atMs);
    else verifyEvidence(read, anchors, atMs);
    if (!isSameEvidence(read, seed.evidence))
      faults.push(`ACCEPTED: ${seed.name}, try ${runs}: ${differences(read, seed.evidence)}`);
    else unchanged++;
  };
  const before = process.cpuUsage();
  try {
    judge();
  } catch (error) {
    const code = error instanceof CocoError ? error.code : '';
    if (!code.startsWith('COCO_ATTESTATION_')) faults.push(`UNEXPECTED: ${seed.name}, try ${runs}: ${error}`);
    refusals.set(code, (refusals.get(code) ?? 0) + 1);
  }
  const costMs = Math.min(costSince(before), costMsMax + 1);
  if (costMs > costMsMax && cheapest(judge) > costMsMax) {
    faults.push(`SLOW: ${seed.name}, try ${runs}`);
  } else {
    slowestMs = Math.max(slowestMs, Math.min(costMs, costMsMax));
  }
}

/** The cheapest of three more tries, in milliseconds. */
function cheapest(judge: () => void): number {
  const costs = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    try {
      judge();
    } catch {
      // The same as before.
    }
    return costSince(before);
  });
  return Math.min(...costs);
}

/** Milliseconds of the processor. */
function costSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** One part of the evidence bent, or its carriage. */
function bend({ evidence }: FuzzSeed, by: Random): { evidence: unknown; isWire: boolean } {
  const others = seeds.map((seed) => seed.evidence.evidence);
  if (evidence.claims !== undefined && by.integer(3) === 0) {
    return { evidence: mutate(encodeEvidence(evidence as Evidence), others, by), isWire: true };
  }
  const names = Object.keys(evidence.endorsements);
  const which = by.integer(names.length + 2);
  const name = names[which - 2];
  if (name !== undefined) {
    const bytes = evidence.endorsements[name] as Uint8Array;
    const pieces = names.map((other) => evidence.endorsements[other] as Uint8Array);
    const endorsements = { ...evidence.endorsements, [name]: mutate(bytes, pieces, by) };
    return { evidence: { ...evidence, endorsements }, isWire: false };
  }
  if (which === 1 && evidence.claims !== undefined) {
    return { evidence: { ...evidence, claims: mutate(evidence.claims, others, by) }, isWire: false };
  }
  return { evidence: { ...evidence, evidence: mutate(evidence.evidence, others, by) }, isWire: false };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  console.error(`--${name} takes a number above 0, not ${text}`);
  process.exit(2);
}
