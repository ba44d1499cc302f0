/**
 * Commit never goes back while a node lives, and lands where Ready says.
 */
import { type Checker, check } from './checker.js';

const name = 'commit-monotonic';

export function commitMonotonic(): Checker {
  return {
    name,
    step({ node, before, after, ready }) {
      check(
        after.commit >= before.commit,
        name,
        () => `${node.id} goes back from ${before.commit} to ${after.commit}`,
      );
      const told = ready.commit ?? before.commit;
      check(after.commit === told, name, () => `${node.id} says ${after.commit} but tells ${told}`);
      if (ready.commit !== undefined) {
        check(ready.commit > before.commit, name, () => `${node.id} tells ${ready.commit} again`);
        check(
          ready.commit <= node.log.length,
          name,
          () => `${node.id} commits ${ready.commit} beyond its log`,
        );
      }
    },
  };
}
