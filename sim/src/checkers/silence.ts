/**
 * Local: a node whose retirement is on record and committed, as it has learned in this life, does nothing of its own
 * accord: it may be switched off at any moment, so nothing may depend on it. It may answer, for whoever asks may have
 * taken it back. That ends when its log has a configuration with it again, and begins anew when that is rolled back.
 */
import type { NodeId } from '@coco/primitives';
import { activeIn, standingIn } from '../world/standing.js';
import type { SimNode, World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'silence-after-retirement';

const answers: ReadonlySet<string> = new Set([
  'appendEntriesResponse',
  'requestVoteResponse',
  'requestPreVoteResponse',
]);

export function silence(world: World): Checker {
  const retired = new Set<NodeId>();
  const look = ({ id, log }: SimNode, commit: number): void => {
    const { standings } = world;
    const isMember = (): boolean => activeIn(standings, log, commit).some(({ nodes }) => nodes.includes(id));
    if (standingIn(standings, log, commit).retired.has(id) && !isMember()) retired.add(id);
    else retired.delete(id);
  };
  return {
    name,
    started(node) {
      // Whoever starts again may not know yet, and is harmless: the others have a quorum without it.
      retired.delete(node.id);
    },
    step({ node, event, ready, appended, removed, after }) {
      // In the step that commits its retirement a primary may still name its successor.
      if (retired.has(node.id)) {
        for (const { message } of ready.send) {
          const isAnswer = event.type === 'receive' && answers.has(message.type);
          check(isAnswer, name, () => `${node.id} is retired and sends ${message.type}`);
        }
      }
      if (appended.length > 0 || removed.length > 0 || ready.commit !== undefined) look(node, after.commit);
    },
  };
}
