/**
 * `coco receipt verify`: what a receipt proves, offline, to whoever has the service certificate (TX-4).
 */
import process from 'node:process';
import { type ExpectedReceipt, verifyReceiptFile } from '@coco/client';
import { parseCertificate } from '@coco/crypto';
import { type Command, needed, type OptionValues, text } from '../command.js';
import { jsonOption } from '../governance/access.js';
import { readText } from '../ledger/textFile.js';
import { digestOf, readReceiptFile, txIdOf } from '../receipt/receiptFiles.js';
import { receiptJson, receiptText } from '../receipt/receiptText.js';
import { onlyOperand } from './operands.js';

export const receiptVerify: Command = {
  name: 'receipt verify',
  summary: 'check a receipt offline, with the service certificate alone',
  operands: 'FILE',
  options: {
    'service-certificate': {
      type: 'string',
      value: 'FILE',
      env: 'COCO_SERVICE',
      help: 'the service that you trust (PEM)',
    },
    txid: { type: 'string', value: 'TXID', help: 'the transaction that it must be about' },
    'claims-digest': {
      type: 'string',
      value: 'HEX',
      help: 'SHA-256 of what the transaction must claim',
    },
    ...jsonOption,
  },
  about: [
    'FILE is a receipt as JSON or COSE, of coco receipt get or of Microsoft CCF. No node is asked. Validity times of certificates are not looked at: what was signed stays signed.',
    'Exit status 0 when the receipt holds, and is about what you expect; 1 when not, with the reason.',
  ],
  examples: [
    ['coco receipt verify 2.17.json --service-certificate service.pem', 'what it proves, and what not'],
    [
      'coco receipt verify 2.17.cose --service-certificate service.pem --txid 2.17',
      'that it is the receipt of this very transaction',
    ],
  ],
  async run(operands, options) {
    const file = onlyOperand(operands, 'FILE');
    const pem = readText(needed(options, 'service-certificate', 'COCO_SERVICE'));
    const expected = expectedIn(options);
    const service = parseCertificate(pem);
    const finding = verifyReceiptFile(readReceiptFile(file), pem, expected);
    const shown =
      options['json'] === true
        ? JSON.stringify(receiptJson(finding, service, expected))
        : receiptText(finding, service, expected);
    process.stdout.write(`${shown}\n`);
    return finding.valid ? 0 : 1;
  },
};

function expectedIn(options: OptionValues): ExpectedReceipt {
  const [txId, claims] = [text(options, 'txid'), text(options, 'claims-digest')];
  return {
    ...(txId !== undefined && { txId: txIdOf(txId, '--txid') }),
    ...(claims !== undefined && { claimsDigest: digestOf(claims, '--claims-digest') }),
  };
}
