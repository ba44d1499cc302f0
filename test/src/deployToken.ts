/**
 * The token that loads transfer.
 */
import type { Client } from '@coco/client';
import type { Signer } from '@coco/ethereum';
import { ERC20_INITCODE, erc20Transfer } from '@coco/ethereum/testing';
import { fromHex, toHex } from '@coco/primitives';

/** Deploys the token in the name of the first signer, and gives some of it to all others; its address. */
export async function deployToken(
  client: Client,
  [deployer, ...others]: readonly Signer[],
  chainId: bigint,
): Promise<Uint8Array> {
  if (deployer === undefined) throw new Error('no accounts');
  const common = {
    type: 2,
    chainId,
    maxFeePerGas: 0n,
    maxPriorityFeePerGas: 0n,
    accessList: [],
    value: 0n,
  } as const;
  const deployment = deployer.sign({ ...common, nonce: 0n, gasLimit: 2_000_000n, data: ERC20_INITCODE });
  const hash = await client.jsonRpc('eth_sendRawTransaction', [`0x${toHex(deployment.transaction.raw)}`]);
  const receipt = (await client.jsonRpc('eth_getTransactionReceipt', [hash])) as { contractAddress: string };
  const token = fromHex(receipt.contractAddress.slice(2)) as Uint8Array;
  const outcomes = await client.jsonRpcBatch(
    others.map(({ address }, index) => {
      const data = erc20Transfer(address, 10n ** 18n);
      const fields = { ...common, nonce: BigInt(index + 1), gasLimit: 100_000n, to: token, data };
      return {
        method: 'eth_sendRawTransaction',
        params: [`0x${toHex(deployer.sign(fields).transaction.raw)}`],
      };
    }),
  );
  for (const outcome of outcomes) if (!outcome.ok) throw new Error(outcome.message);
  return token;
}
