/**
 * What the worker's process is started behind, so that the operating system keeps it apart from the manager: a user of its
 * own, namespaces, no privileges. Tools of util-linux do it before Node.js starts, so that nothing of the worker ever runs
 * without. What a platform does not allow shows by trying: the first arrangement that works is taken, strongest first.
 *
 *     [setpriv: user] [unshare: network] [unshare: view] sh: hide, no core dumps; [setpriv: user, no privileges] node
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { CocoError } from '@coco/primitives';
import type { WorkerPlacement, WorkerProtection, WorkerUser } from './workerPlacement.js';

export interface ConfinementOptions {
  readonly placement: Pick<WorkerPlacement, 'user' | 'network'>;
  /** Files, directories and devices that the worker shall not see; those that are not there are left out. */
  readonly hidden: readonly string[];
  readonly without: readonly WorkerProtection[];
  /** What the worker must be able to execute, and to read. */
  readonly executable: string;
  readonly entry: string;
}

export interface Confinement {
  /** Comes before the command of the worker. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly protections: readonly WorkerProtection[];
  /** "uid:gid". */
  readonly user: string;
}

/** Numbers, as the system has them. */
interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** How to confine: with which user, in which namespaces. */
interface Arrangement {
  readonly user?: UserIds;
  /** Made with the manager's own rights, or within a user namespace, which needs none. */
  readonly spaces?: 'own' | 'user';
  /** All namespaces, or the network's alone: mounting is refused in many containers. */
  readonly full?: boolean;
}

const nobody: UserIds = { uid: 65_534, gid: 65_534 };

/** The best arrangement that works here. COCO_HOST_WORKER_USER when the user that was asked for cannot be had. */
export function confineWorker(options: ConfinementOptions): Confinement {
  const { placement } = options;
  const user = placement.user === undefined ? defaultUser() : idsOf(placement.user);
  let refusal = 'setpriv of util-linux is not there';
  for (const arrangement of arrangements(user, placement)) {
    const confinement = confinementOf(arrangement, options);
    if (confinement.protections.some((one) => options.without.includes(one))) continue;
    const reason = tryOut(confinement, options);
    if (reason === undefined) return confinement;
    refusal = reason;
  }
  const { executable, entry } = options;
  const who = user === undefined ? '' : ` as user ${user.uid}:${user.gid}`;
  const sentence = `the worker's process cannot be started${who}: ${refusal}`;
  const hint = `the node must be allowed to change to its user, and that to execute ${executable} and to read ${entry}`;
  throw new CocoError('COCO_HOST_WORKER_USER', `${sentence}; ${hint}`, { reason: refusal });
}

function arrangements(
  user: UserIds | undefined,
  placement: ConfinementOptions['placement'],
): readonly Arrangement[] {
  const spaces: Arrangement[] = (['own', 'user'] as const).flatMap((kind) => [
    { spaces: kind, full: true },
    // Without one of these nothing is left but the network.
    ...(placement.network ? [] : [{ spaces: kind }]),
  ]);
  const withUser = user === undefined ? [] : [...spaces, {}].map((one) => ({ ...one, user }));
  // A user that was asked for is not silently done without.
  const all: readonly Arrangement[] = placement.user === undefined ? [...withUser, ...spaces, {}] : withUser;
  return all.filter(
    (one) =>
      (one.user === undefined || tool('setpriv') !== undefined) &&
      (one.spaces === undefined || tool('unshare') !== undefined),
  );
}

/** Absolute, whatever the manager's PATH is. */
function tool(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
    .map((folder) => `${folder}/${name}`)
    .find((file) => existsSync(file));
}

/**
 * Hides what the environment names, as long as it may, and goes on as the command that it is given. Nothing of this is
 * left in the environment.
 */
const script = `umask 077
ulimit -c 0
set -f
IFS='
'
for one in $HIDE; do
  if [ -d "$one" ]; then "$MOUNT" -t tmpfs -o ro,size=4k,mode=0,nosuid,nodev,noexec none "$one" || exit 97
  elif [ -e "$one" ]; then "$MOUNT" --bind /dev/null "$one" || exit 97
  fi
done
unset HIDE MOUNT IFS PWD OLDPWD
exec "$@"`;

function confinementOf(arrangement: Arrangement, options: ConfinementOptions): Confinement {
  const { user, spaces, full = false } = arrangement;
  const { hidden, placement } = options;
  const setpriv = tool('setpriv');
  const become = user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const within = spaces === 'user';
  // Root without another user, here or in a namespace, would get all capabilities back with the next program.
  const isRoot = within || (user === undefined && process.getuid?.() === 0);
  // Whoever changes its user, or makes a user namespace, is no longer ended with its parent: it is said again and again.
  const privileges = (...words: readonly string[]): readonly string[] =>
    setpriv === undefined ? [] : [setpriv, ...words, '--pdeathsig', 'KILL', '--'];
  const network = [
    ...unshare(
      ...(within ? ['--user', '--map-root-user'] : []),
      ...(placement.network ? [] : ['--net']),
      '--ipc',
    ),
    ...privileges(),
  ];
  const view = unshare('--mount', '--pid', '--fork', '--kill-child', '--mount-proc');
  const hide = full ? hidden.filter((one) => !one.includes('\n')) : [];
  return {
    command: [
      // A user namespace is made by who will be in it.
      ...(within ? privileges(...become, '--inh-caps=-all') : privileges()),
      ...(spaces === undefined ? [] : network),
      ...(full ? view : []),
      ...['/bin/sh', '-c', script, 'sh'],
      ...privileges(
        ...(within ? [] : become),
        ...(isRoot ? ['--bounding-set=-all'] : []),
        '--inh-caps=-all',
        '--no-new-privs',
      ),
    ],
    environment: { HIDE: hide.join('\n'), MOUNT: tool('mount') ?? 'mount' },
    protections: [
      ...(user === undefined ? [] : (['ownUser'] as const)),
      ...(spaces === undefined || placement.network ? [] : (['ownNetwork'] as const)),
      ...(full ? (['ownView'] as const) : []),
      ...(setpriv === undefined ? [] : (['noNewPrivileges'] as const)),
    ],
    user: user === undefined ? `${process.getuid?.()}:${process.getgid?.()}` : `${user.uid}:${user.gid}`,
  };
}

function unshare(...words: readonly string[]): readonly string[] {
  return [tool('unshare') ?? 'unshare', ...words, '--'];
}

const tryTimeoutMs = 10_000;

/** Why an arrangement does not do; undefined when it does. */
function tryOut(
  { command, environment }: Confinement,
  { executable, entry }: ConfinementOptions,
): string | undefined {
  const [program = '', ...words] = command;
  const check = ['/bin/sh', '-c', '[ -x "$1" ] && [ -r "$2" ]', 'sh', executable, entry];
  const { error, status, stderr } = spawnSync(program, [...words, ...check], {
    cwd: '/',
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: tryTimeoutMs,
  });
  if (error !== undefined) return error.message;
  return status === 0 ? undefined : stderr.trim().split('\n').at(-1) || `it ended with ${status}`;
}

/** Root gives up its rights; anybody else has none to give up, and none to take another's name. */
function defaultUser(): UserIds | undefined {
  return process.getuid?.() === 0 ? nobody : undefined;
}

function idsOf(user: WorkerUser): UserIds {
  const ids = 'name' in user ? { uid: idOf('-u', user.name), gid: idOf('-g', user.name) } : user;
  if (ids.uid === 0 || ids.uid === process.getuid?.()) {
    const sentence = 'worker.user must be neither root nor the user of the node: it would be no protection';
    throw new CocoError('COCO_HOST_WORKER_USER', sentence, { uid: ids.uid });
  }
  return ids;
}

function idOf(option: '-u' | '-g', name: string): number {
  const { status, stdout } = spawnSync(tool('id') ?? 'id', [option, '--', name], { encoding: 'utf8' });
  if (status === 0 && /^\d+\n$/.test(stdout)) return Number(stdout);
  throw new CocoError('COCO_HOST_WORKER_USER', `worker.user: there is no user ${name} on this system`, {
    name,
  });
}
