export { assemble, initcode } from './assemble.js';
export {
  ERC20_ABI,
  ERC20_INITCODE,
  ERC20_SIGNATURES,
  ERC20_SUPPLY,
  erc20BalanceOf,
  erc20Transfer,
} from './erc20.js';
export { createSigner, numberedSigner, type Signer } from './signer.js';
