/**
 * One real transaction through the front door: an account sends itself a wei, and waits until it is committed.
 */
import type { Client } from '@coco/client';
import { CocoError, toHex } from '@coco/primitives';
import { type Account, signerOf } from './accounts.js';

/** A network that has just begun may change its primary once more. */
const attemptsMax = 5;
const pauseMsDefault = 500;

/** Its hash. Tries again when it fails, as it does no harm if it was carried out before; the last failure is thrown. */
export async function firstTransaction(
  client: Pick<Client, 'jsonRpc'>,
  account: Account | undefined,
  pauseMs = pauseMsDefault,
): Promise<string> {
  if (account === undefined) throw new CocoError('COCO_CLI_SANDBOX', 'the sandbox has no accounts');
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendItself(client, account);
    } catch (error) {
      if (attempt === attemptsMax) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

async function sendItself(client: Pick<Client, 'jsonRpc'>, account: Account): Promise<string> {
  const chainId = BigInt(String(await client.jsonRpc('eth_chainId', [])));
  const nonce = BigInt(String(await client.jsonRpc('eth_getTransactionCount', [account.address, 'latest'])));
  const signer = signerOf(account);
  const { transaction } = signer.sign({
    type: 2,
    chainId,
    nonce,
    maxFeePerGas: 0n,
    maxPriorityFeePerGas: 0n,
    gasLimit: 21_000n,
    to: signer.address,
    value: 1n,
    data: new Uint8Array(0),
    accessList: [],
  });
  return String(await client.jsonRpc('eth_sendRawTransaction', [`0x${toHex(transaction.raw)}`]));
}
