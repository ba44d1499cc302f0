/**
 * What the commands ask of a network: who takes part, which proposals there are, what the constitution says.
 */
import { apiVersion, type Client } from '@coco/client';
import { type JsonView, viewOf } from './jsonView.js';

/** A member or participant. */
export interface Actor {
  readonly kind: 'member' | 'participant';
  readonly id: string;
  /** Printable; may be empty. */
  readonly name: string;
  readonly status: string;
  readonly subject: string;
  /** Milliseconds since 1970; 0 when it is not known. */
  readonly certificateEndsMs: number;
  readonly isCa: boolean;
}

/** A node on the VN list. */
export interface NetworkNode {
  readonly id: string;
  readonly status: string;
  readonly primary: boolean;
  readonly retiredCommitted: boolean;
  /** Empty when nobody signed for it. */
  readonly actorId: string;
  readonly application: string;
  readonly administrative: string;
  readonly peer: string;
  /** By what it proved last; empty when that is not on record. */
  readonly platform: string;
  readonly codeId: string;
  readonly lease?: NodeLease;
}

/** For how long a node's proof holds, or why it does not. Milliseconds since 1970. */
export interface NodeLease {
  readonly state: string;
  readonly expiresAtMs: number;
  /** Why it is out; empty when it is not. */
  readonly reason: string;
}

/** The lease in what a node says; undefined when it has none. */
export function leaseIn(view: JsonView): NodeLease | undefined {
  if (!view.has('lease')) return undefined;
  const lease = view.object('lease');
  return {
    state: lease.text('state'),
    expiresAtMs: lease.number('expires_at') ?? 0,
    reason: lease.object('reason').text('sentence'),
  };
}

/** The constitution in summary, as `GET /gov/coco/constitution` gives it. */
export async function readConstitution(client: Client): Promise<JsonView> {
  return viewOf(await client.getJson('/gov/coco/constitution'));
}

/** The scripts of the constitution. */
export async function readScripts(client: Client): Promise<string> {
  const { body } = await client.get(`/gov/service/constitution?${apiVersion}`);
  return new TextDecoder().decode(body);
}

/** The actors that a summary of the constitution names: members, then participants, each by name. */
export function actorsIn(constitution: JsonView): readonly Actor[] {
  const of = (kind: Actor['kind'], list: string): readonly Actor[] =>
    constitution
      .list(list)
      .map((actor) => ({
        kind,
        id: actor.text('id'),
        name: actor.text('name'),
        status: actor.text('status'),
        subject: actor.text('subject'),
        certificateEndsMs: actor.number('certificateEndsMs') ?? 0,
        isCa: actor.flag('isCa'),
      }))
      .toSorted((a, b) => a.name.localeCompare(b.name));
  return [...of('member', 'members'), ...of('participant', 'participants')];
}

export async function readActors(client: Client): Promise<readonly Actor[]> {
  return actorsIn(await readConstitution(client));
}

/** The registered certificate of each member (PEM), by its id. */
export async function readMemberCertificates(client: Client): Promise<ReadonlyMap<string, string>> {
  const members = viewOf(await client.getJson(`/gov/service/members?${apiVersion}`)).list('value');
  return new Map(members.map((member) => [member.text('memberId'), member.raw('certificate')]));
}

export async function readNodes(client: Client): Promise<readonly NetworkNode[]> {
  const nodes = viewOf(await client.getJson('/node/network/nodes')).list('nodes');
  return nodes.map((node) => {
    const published = (name: string): string =>
      node.object('rpc_interfaces').object(name).text('published_address');
    const lease = leaseIn(node);
    return {
      id: node.text('node_id'),
      status: node.text('status'),
      primary: node.flag('primary'),
      retiredCommitted: node.flag('retired_committed'),
      actorId: node.object('node_data').text('actor'),
      application: published('application'),
      administrative: published('administrative'),
      peer: node.object('node_to_node_interface').text('published_address'),
      platform: node.text('platform'),
      codeId: node.text('code_id'),
      ...(lease !== undefined && { lease }),
    };
  });
}

/** Grants to auditors, as rows. */
export async function readAuditGrants(client: Client): Promise<readonly JsonView[]> {
  return viewOf(await client.getJson('/gov/coco/audit/grants')).list('value');
}

/** All proposals that are kept, in the shape of CCF. */
export async function readProposals(client: Client): Promise<readonly JsonView[]> {
  return viewOf(await client.getJson(`/gov/members/proposals?${apiVersion}`)).list('value');
}

/** One proposal with its actions and how it stands. */
export async function readProposal(client: Client, id: string): Promise<JsonView> {
  return viewOf(await client.getJson(`/gov/coco/proposals/${id}`));
}

/** Accepted proposals, the oldest first. */
export async function readHistory(client: Client): Promise<readonly JsonView[]> {
  return viewOf(await client.getJson('/gov/coco/history')).list('value');
}

/** The body of a proposal as it was signed. */
export async function readProposalBody(client: Client, id: string): Promise<Uint8Array> {
  return (await client.get(`/gov/members/proposals/${id}/actions?${apiVersion}`)).body;
}
