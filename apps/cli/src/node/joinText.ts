/**
 * What a joining node is doing, for whoever waits for it.
 */
import type { JoinProgress } from '@coco/host';
import { shortId } from '../governance/naming.js';
import { formatBytes, printable } from '../ledger/printable.js';
import { bold, dim, green, liveLine, yellow } from '../terminal.js';

const barWidth = 30;

/** Shows progress on one line that is redrawn, and what is done on lines of their own. */
export function joinProgressShown(): (progress: JoinProgress) => void {
  const line = liveLine();
  let waitingFor = '';
  return (progress) => {
    switch (progress.type) {
      case 'identity':
        return line.end(`${green('✓')} node ${bold(shortId(progress.nodeId))}`);
      case 'approved':
        return line.end(`${green('✓')} constitution ${bold(shortId(progress.digest))} approved`);
      case 'waiting':
        // The same reason again is no news where lines cannot be redrawn.
        if (waitingFor !== progress.code && process.stdout.isTTY !== true) line.end(waitingText(progress));
        waitingFor = progress.code;
        return line.show(waitingText(progress));
      case 'proved':
        return line.end(provedText(progress));
      case 'secrets':
        return line.end(`${green('✓')} admitted: the node has its certificate and the keys of the ledger`);
      case 'snapshot':
        return line.show(snapshotText(progress.bytes, progress.size));
      case 'joined':
        return line.end(`${green('✓')} snapshot ${progress.snapshot} fetched, and its receipt verified`);
    }
  };
}

/** What the node that was asked proved about itself; nothing is told to it before. */
function provedText({ platform, assurance }: Extract<JoinProgress, { readonly type: 'proved' }>): string {
  const proof =
    platform === 'virtual'
      ? yellow('runs on the platform virtual, which proves nothing')
      : `proved on ${bold(platform)} that it runs approved code`;
  return `${green('✓')} the network’s node ${proof} ${dim(`(assurance of the network: ${String(assurance)})`)}`;
}

/** Reasons that somebody who waits reads many times, in few words. */
const reasons: Readonly<Record<string, string>> = {
  COCO_JOIN_NOT_LISTED: 'for the members’ votes: the node is not on the list yet',
  // The primary has been asked for a snapshot, and is making it.
  'HTTP 202': 'for the network to make a snapshot',
};

function waitingText({ code, message }: { readonly code: string; readonly message: string }): string {
  const known = Object.hasOwn(reasons, code) ? reasons[code] : undefined;
  return `${yellow('…')} waiting${known === undefined ? `: ${printable(message)} ${dim(code)}` : ` ${known}`}`;
}

/** "snapshot ██████░░░░  61 %  12 MB of 20 MB". */
export function snapshotText(bytes: number, size: number): string {
  const part = size === 0 ? 1 : Math.min(1, bytes / size);
  const full = Math.round(part * barWidth);
  const bar = '█'.repeat(full) + dim('░'.repeat(barWidth - full));
  return `  snapshot ${bar} ${`${Math.floor(part * 100)} %`.padStart(5)}  ${formatBytes(bytes)} of ${formatBytes(size)}`;
}
