/**
 * The rooms of the house, their floors, and which are pure. ARCHITECTURE.md says the same in words.
 */

export const rooms = [
  { path: 'packages/primitives', floor: 0, pure: true },
  { path: 'packages/crypto', floor: 1, pure: false },
  { path: 'packages/kv', floor: 1, pure: true },
  { path: 'packages/consensus', floor: 1, pure: true },
  { path: 'packages/sandbox', floor: 1, pure: false },
  { path: 'packages/adapter', floor: 2, pure: true },
  { path: 'packages/ledger', floor: 2, pure: true },
  { path: 'packages/attestation', floor: 2, pure: true },
  { path: 'packages/evm', floor: 2, pure: true },
  { path: 'packages/governance', floor: 3, pure: true },
  { path: 'adapters/ethereum', floor: 3, pure: false },
  { path: 'packages/replica', floor: 4, pure: true },
  { path: 'packages/worker', floor: 4, pure: true },
  { path: 'packages/client', floor: 4, pure: false },
  { path: 'packages/host', floor: 5, pure: false },
  { path: 'sim', floor: 5, pure: false },
  { path: 'apps/cli', floor: 6, pure: false },
  { path: 'bench', floor: 7, pure: false },
  { path: 'test', floor: 7, pure: false },
];
