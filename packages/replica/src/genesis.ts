/**
 * The first entry's governance tables: the genesis constitution as data (GOV-1, GOV-2), in CCF's built-in maps
 * where they exist and in `public:coco.*` where Coco adds something.
 */
import { parseCertificate } from '@coco/crypto';
import type { Put, TableChanges } from '@coco/kv';
import { compareBytes, utf8 } from '@coco/primitives';
import type { Genesis } from './types.js';

const singleton = new Uint8Array(8);

/** The governance tables of the genesis entry, ascending by name. COCO_CRYPTO_CERTIFICATE for a bad certificate. */
export function genesisTables(genesis: Genesis): readonly TableChanges[] {
  const members = genesis.members.map((member) => actor(member.certificatePem, member.name));
  const participants = genesis.participants.map((one) => actor(one.certificatePem, one.name));
  const tables: readonly (readonly [string, readonly Put[]])[] = [
    ['public:ccf.gov.constitution', [{ key: singleton, value: json(genesis.constitution) }]],
    ['public:ccf.gov.members.certs', members.map(({ id, pem }) => row(id, utf8(pem)))],
    [
      'public:ccf.gov.members.info',
      members.map(({ id, name }) => row(id, json({ member_data: { name }, status: 'Active' }))),
    ],
    [
      'public:ccf.gov.nodes.endorsed_certificates',
      genesis.nodes.map((node) => row(node.nodeId, utf8(node.certificatePem))),
    ],
    ['public:ccf.gov.nodes.info', genesis.nodes.map((node) => row(node.nodeId, json(nodeInfo(node))))],
    [
      'public:ccf.gov.service.config',
      [{ key: singleton, value: json({ consensus: 'CFT', recovery_threshold: majority(members.length) }) }],
    ],
    [
      'public:ccf.gov.service.info',
      [{ key: singleton, value: json({ cert: genesis.serviceCertificatePem, status: 'Open' }) }],
    ],
    ['public:coco.participants.certs', participants.map(({ id, pem }) => row(id, utf8(pem)))],
    [
      'public:coco.participants.info',
      participants.map(({ id, name }) => row(id, json({ name, status: 'Active' }))),
    ],
  ];
  return tables
    .filter(([, puts]) => puts.length > 0)
    .map(([table, puts]) => ({
      table,
      puts: puts.toSorted((a, b) => compareBytes(a.key, b.key)),
      removes: [],
    }));
}

function nodeInfo(node: Genesis['nodes'][number]): unknown {
  return {
    node_to_node_interface: { bind_address: node.peerAddress, published_address: node.peerAddress },
    quote_info: { format: 'Insecure_Virtual', quote: '', endorsements: '' },
    rpc_interfaces: {
      application: { bind_address: node.applicationAddress, published_address: node.applicationAddress },
    },
    status: 'Trusted',
  };
}

function actor(
  pem: string,
  name: string,
): { readonly id: string; readonly pem: string; readonly name: string } {
  return { id: parseCertificate(pem).fingerprint, pem, name };
}

function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

function row(key: string, value: Uint8Array): Put {
  return { key: utf8(key), value };
}

function json(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}
