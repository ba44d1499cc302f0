/**
 * Where the worker runs, and what keeps it apart from the manager there (ARC-3, MIT-1).
 */

/** `none`: in the manager's thread; `thread`: in one of its own; `process`: in a process of its own. */
export type WorkerIsolation = 'none' | 'thread' | 'process';

/** Whom the operating system takes the worker for: a name that it knows, or numbers. */
export type WorkerUser = { readonly name: string } | { readonly uid: number; readonly gid: number };

export interface WorkerPlacement {
  readonly isolation: WorkerIsolation;
  /**
   * In a process of its own: its user, without which the node does not start. Default: nobody, where the manager is root;
   * else the manager's.
   */
  readonly user?: WorkerUser;
  /** In a process of its own: whether it may use the network. */
  readonly network: boolean;
}

/**
 * What the operating system and Node.js do to keep a worker in its process.
 *
 * - `ownUser`: the manager's memory, files and processes belong to another user.
 * - `ownNetwork`: it has no network interface but an unconnected loopback, and sees no socket of others.
 * - `ownView`: it sees no process but itself, and not the directories and devices that are the manager's.
 * - `noNewPrivileges`: nothing that it executes gives it rights, and it has none.
 * - `nodePermissions`: Node.js refuses to write files, to start processes, and to read what is not code. Defence in depth:
 *   who executes machine code is not stopped by it.
 */
export const workerProtections = [
  'ownUser',
  'ownNetwork',
  'ownView',
  'noNewPrivileges',
  'nodePermissions',
] as const;

export type WorkerProtection = (typeof workerProtections)[number];

/** How the worker of a node runs, for log and status. */
export interface WorkerSituation {
  readonly isolation: WorkerIsolation;
  /** "uid:gid" of a process of its own, as the manager sees it. */
  readonly user?: string;
  /** Those that hold. */
  readonly protections: readonly WorkerProtection[];
}

/** By these hardware attests: who has them can have evidence made, of whatever it likes. */
export const devicesOfThePlatform: readonly string[] = [
  '/dev/attestation',
  '/dev/sev',
  '/dev/sev-guest',
  '/dev/sgx_enclave',
  '/dev/sgx_provision',
  '/dev/tdx_guest',
  '/dev/tpm0',
  '/dev/tpmrm0',
  '/sys/kernel/config',
];
