/**
 * The compliance suite: what the worker relies on, as checks that any adapter runs in its own tests (ARC-5).
 */
import { answeringChecks } from './compliance/answering.js';
import { confidingChecks } from './compliance/confiding.js';
import { repeatingChecks } from './compliance/repeating.js';
import { Stage } from './compliance/stage.js';
import { storingChecks } from './compliance/storing.js';
import type { MakeSubject } from './compliance/subject.js';

/** One rule. `run` throws an Error that names the rule when the adapter breaks it. */
export interface ComplianceCheck {
  readonly name: string;
  run<Item, Result>(make: MakeSubject<Item, Result>): Promise<void>;
}

/** All checks; each takes a fresh adapter from `make`. */
export function adapterCompliance(): readonly ComplianceCheck[] {
  return [...storingChecks, ...repeatingChecks, ...answeringChecks, ...confidingChecks].map((check) => ({
    name: check.name,
    async run(make) {
      const subject = await make();
      try {
        await check.run(new Stage(subject));
      } finally {
        await subject.close?.();
      }
    },
  }));
}
