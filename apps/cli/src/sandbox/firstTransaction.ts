/**
 * One real transaction through the front door: an account sends itself a wei, and waits until it is committed.
 */
import { createClient } from '@coco/client';
import { CocoError, toHex } from '@coco/primitives';
import { type Account, signerOf } from './accounts.js';

export async function firstTransaction(
  url: string,
  certificate: string,
  account: Account | undefined,
): Promise<string> {
  if (account === undefined) throw new CocoError('COCO_CLI_SANDBOX', 'the sandbox has no accounts');
  const client = createClient({ url, serviceCertificatePem: certificate });
  try {
    const chainId = BigInt(String(await client.jsonRpc('eth_chainId', [])));
    const nonce = BigInt(
      String(await client.jsonRpc('eth_getTransactionCount', [account.address, 'latest'])),
    );
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
  } finally {
    await client.close();
  }
}
