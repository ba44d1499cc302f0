/**
 * Local: the configurations that count at a node are those of its log: the one in force at its commit and every later
 * one, from the moment at which its entry is appended until that is rolled back (CCF).
 */
import type { Configuration } from '@coco/consensus';
import type { NodeId } from '@coco/primitives';
import { activeIn, type Standing, standingIn } from '../world/standing.js';
import type { SimNode, World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'configurations-follow-log';

export function configurationsFollow(world: World): Checker {
  /** How things stood at head and commit of each node when last looked at: most steps change neither. */
  const seen = new Map<NodeId, { readonly head: Standing; readonly committed: Standing }>();
  const compare = (node: SimNode, commit: number, counted: () => readonly Configuration[]): void => {
    const { standings } = world;
    const head = standingIn(standings, node.log);
    const committed = standingIn(standings, node.log, commit);
    const last = seen.get(node.id);
    if (last?.head === head && last.committed === committed) return;
    seen.set(node.id, { head, committed });
    const wanted = textOf(activeIn(standings, node.log, commit));
    const found = textOf(counted());
    check(found === wanted, name, () => `${node.id} counts ${found}, its log says ${wanted}`);
  };
  return {
    name,
    started(node) {
      seen.delete(node.id);
      compare(node, node.machine?.commit ?? 0, () => node.machine?.status().configurations ?? []);
    },
    step({ node, appended, removed, ready, after, status }) {
      const mayChange = appended.length > 0 || removed.length > 0 || ready.commit !== undefined;
      if (mayChange) compare(node, after.commit, () => status().configurations);
    },
  };
}

function textOf(configurations: readonly Configuration[]): string {
  return configurations.map(({ seqno, nodes }) => `${seqno}:{${nodes.toSorted().join(' ')}}`).join(' ');
}
