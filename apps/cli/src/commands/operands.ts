/**
 * Operands and files that several commands take.
 */
import { type Certificate, parseCertificate } from '@coco/crypto';
import { type OptionValues, text, UsageError } from '../command.js';
import { readText } from '../ledger/textFile.js';

/** The one operand of a command. */
export function onlyOperand(operands: readonly string[], name: string): string {
  const [operand] = operands;
  if (operand === undefined || operand === '') throw new UsageError(`${name} is needed`);
  if (operands.length > 1) throw new UsageError(`one ${name} at a time, not ${operands.length}`);
  return operand;
}

/** The certificate that `--service-certificate` names. COCO_CLI_FILE, COCO_CRYPTO_CERTIFICATE. */
export function serviceCertificateOf(options: OptionValues): Certificate | undefined {
  const file = text(options, 'service-certificate');
  return file === undefined ? undefined : parseCertificate(readText(file));
}
