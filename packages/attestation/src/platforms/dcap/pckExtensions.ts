/**
 * What Intel certifies of a processor, in the extension 1.2.840.113741.1.13.1 of its PCK certificate:
 *
 *     SEQUENCE OF SEQUENCE { id, value }:  .1 PPID OCTET STRING(16)  .2 TCB  .3 PCE id OCTET STRING(2)  .4 FMSPC OCTET STRING(6)
 *     TCB = SEQUENCE OF SEQUENCE { id, value }:  .1 to .16 SVN of a component INTEGER  .17 PCESVN INTEGER  .18 CPUSVN(16)
 */

import type { DerNode } from '@coco/crypto';
import { toHex } from '@coco/primitives';
import { malformed, objectId, primitive, readDer, sequence, smallNumber } from '../../x509/asn1.js';
import type { X509 } from '../../x509/certificate.js';

export interface PckExtensions {
  /** Hex, 16 bytes; absent when all are zero. */
  readonly ppid?: string;
  /** Of 16 components. */
  readonly components: readonly number[];
  readonly pceSvn: number;
  /** Hex, 2 bytes. */
  readonly pceId: string;
  /** Hex, 6 bytes. */
  readonly fmspc: string;
}

const sgxId = '1.2.840.113741.1.13.1';

/** Throws COCO_ATTESTATION_MALFORMED. */
export function readPckExtensions(pck: X509, what: string): PckExtensions {
  const extension = pck.extensions.get(sgxId);
  if (extension === undefined) throw malformed(what, "it has none of Intel's extensions");
  const values = byId(readDer(extension.value, what), what);
  const octets = (id: string, length: number): string => {
    const content = primitive(values.get(`${sgxId}.${id}`), 0x04, what);
    if (content.length !== length) throw malformed(what, `its extension ${sgxId}.${id} has a bad length`);
    return toHex(content);
  };
  const tcb = byId(values.get(`${sgxId}.2`), what);
  const svn = (index: number): number => smallNumber(tcb.get(`${sgxId}.2.${index}`), what);
  const ppid = octets('1', 16);
  return {
    ...(/^0+$/.test(ppid) ? {} : { ppid }),
    components: Array.from({ length: 16 }, (_, index) => svn(index + 1)),
    pceSvn: svn(17),
    pceId: octets('3', 2),
    fmspc: octets('4', 6),
  };
}

function byId(list: DerNode | undefined, what: string): ReadonlyMap<string, DerNode | undefined> {
  const found = new Map<string, DerNode | undefined>();
  for (const item of sequence(list, what)) {
    const [idNode, value] = sequence(item, what);
    const id = objectId(idNode, what);
    if (found.has(id)) throw malformed(what, `its extension ${id} occurs twice`);
    found.set(id, value);
  }
  return found;
}
