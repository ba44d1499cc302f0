/**
 * `coco ledger verify`: whether the files of a ledger are what the service wrote (CONF-1).
 */
import process from 'node:process';
import { type Command, text } from '../command.js';
import { formatBytes } from '../ledger/printable.js';
import { type VerificationProgress, verificationJson, verifyLedger } from '../ledger/verification.js';
import { describeVerification } from '../ledger/verificationText.js';
import { liveLine, thousands } from '../terminal.js';
import { onlyOperand, serviceCertificateOf } from './operands.js';

export const ledgerVerify: Command = {
  name: 'ledger verify',
  summary: 'check every hash, signature and certificate of a ledger',
  operands: 'DIR|SNAPSHOT',
  options: {
    'service-certificate': {
      type: 'string',
      value: 'FILE',
      help: 'the service that you trust (PEM); without it the ledger is believed about that',
    },
    snapshots: {
      type: 'string',
      value: 'DIR',
      help: 'where the snapshots are; default: DIR itself, and snapshots beside it',
    },
    json: { type: 'boolean', help: 'the result as one JSON object' },
  },
  examples: [
    ['coco ledger verify .coco/sandbox/node0/ledger', 'a node’s ledger; exit status 1 if it is not sound'],
    ['coco ledger verify ledger --service-certificate service.pem', 'and that this very service wrote it'],
    ['coco ledger verify snapshot_14_15.committed', 'one snapshot, by its receipt'],
  ],
  async run(operands, options) {
    const directory = onlyOperand(operands, 'DIR');
    const serviceCertificate = serviceCertificateOf(options);
    const json = options.json === true;
    const snapshots = text(options, 'snapshots');
    const progress = liveLine();
    const verification = verifyLedger(directory, {
      ...(serviceCertificate !== undefined && { serviceCertificate }),
      ...(snapshots !== undefined && { snapshots }),
      ...(!json && { onProgress: progressShown(progress.show) }),
    });
    if (json) process.stdout.write(`${JSON.stringify(verificationJson(verification))}\n`);
    else progress.end(describeVerification(verification));
    return verification.sound ? 0 : 1;
  },
};

const quietMs = 300;

/** Nothing for ledgers that are done at once. */
function progressShown(show: (text: string) => void): (progress: VerificationProgress) => void {
  const start = performance.now();
  return ({ file, seqno, bytesDone, bytes }) => {
    if (performance.now() - start < quietMs) return;
    const percent = `${Math.floor((100 * bytesDone) / bytes)} %`.padStart(5);
    show(`${percent} of ${formatBytes(bytes)}  entry ${thousands(seqno)}  ${file}`);
  };
}
