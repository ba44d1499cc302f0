/**
 * Local: an acknowledgement never goes beyond the range of the append message that it answers (Raft 5.3): what the
 * node holds above may differ from the leader's log.
 */
import { type Checker, check } from './checker.js';

const name = 'acknowledgement';

export function acknowledgement(): Checker {
  return {
    name,
    step({ node, event, ready }) {
      for (const { to, message } of ready.send) {
        if (message.type !== 'appendEntriesResponse' || !message.success) continue;
        const asked = event.type === 'receive' && event.message.type === 'appendEntries' && event.from === to;
        check(asked, name, () => `${node.id} acknowledges to ${to}, who did not ask`);
        const range = event.message;
        check(
          message.last <= range.to && message.view === range.view,
          name,
          () => `${node.id} acknowledges ${message.last} in view ${message.view}, was sent up to ${range.to}`,
        );
        check(
          message.last <= node.log.length,
          name,
          () => `${node.id} acknowledges ${message.last}, which it lacks`,
        );
      }
    },
  };
}
