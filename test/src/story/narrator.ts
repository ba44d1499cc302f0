/**
 * Tells the story while it happens: numbered steps, what was seen in each, and how long it took.
 */

/** A step that is over. */
export interface ToldStep {
  readonly number: number;
  readonly title: string;
  readonly seconds: number;
  readonly seen: readonly string[];
}

export interface Narrator {
  readonly steps: readonly ToldStep[];
  /** Says `title`, does `work`, says how long it took. What `work` rejects with is passed on. */
  step<Result>(title: string, work: () => Promise<Result>): Promise<Result>;
  /** What is to be seen in the step that goes on. */
  see(what: string): void;
}

/** `write` gets lines as they are to be shown. */
export function createNarrator(write: (line: string) => void): Narrator {
  const steps: ToldStep[] = [];
  let seen: string[] = [];
  return {
    steps,
    async step(title, work) {
      const number = steps.length + 1;
      const startedMs = performance.now();
      seen = [];
      write(`${String(number).padStart(2)}. ${title}`);
      const result = await work();
      const seconds = (performance.now() - startedMs) / 1000;
      write(`    ${seconds.toFixed(1)} s`);
      steps.push({ number, title, seconds, seen });
      return result;
    },
    see(what) {
      seen.push(what);
      write(`    ${what}`);
    },
  };
}
