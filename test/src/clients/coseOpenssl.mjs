// A proposal or a vote with nothing but Node.js and openssl; shares no code with Coco.
// coseOpenssl.mjs https://NODE SERVICE.pem CERT.pem KEY.pem proposal|ballot BODY.json [PROPOSAL]
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';

const [node, service, certificate, key, type, file, proposal] = process.argv.slice(2);
const id = new X509Certificate(readFileSync(certificate)).fingerprint256;
const member = id.replaceAll(':', '').toLowerCase();

// CBOR (RFC 8949): what it is, and how much of it, in as few bytes as can be, stands before the content.
const head = (kind, n) => {
  const size = n < 24 ? 0 : n < 256 ? 1 : n < 65536 ? 2 : 4;
  const first = Buffer.of((kind << 5) | (size === 0 ? n : 24 + Math.log2(size)));
  return Buffer.concat([first, Buffer.from(n.toString(16).padStart(2 * size, '0'), 'hex').subarray(0, size)]);
};
const bytes = (content) => Buffer.concat([head(2, content.length), content]);
const text = (content) => Buffer.concat([head(3, content.length), Buffer.from(content)]);
const list = (...items) => Buffer.concat([head(4, items.length), ...items]);
const map = (...items) => Buffer.concat([head(5, items.length / 2), ...items]);
// COSE (RFC 9052): ES256 is -7, which CBOR writes as 6 in the kind of negative numbers.
const now = head(0, Math.floor(Date.now() / 1000));
const fields = [head(0, 1), head(1, 6), head(0, 4), bytes(Buffer.from(member))];
fields.push(text('ccf.gov.msg.type'), text(type), text('ccf.gov.msg.created_at'), now);
if (proposal) fields.push(text('ccf.gov.msg.proposal_id'), text(proposal));
const [header, payload, none] = [bytes(map(...fields)), bytes(readFileSync(file)), bytes(Buffer.alloc(0))];
const input = list(text('Signature1'), header, none, payload);
const der = execFileSync('openssl', ['dgst', '-sha256', '-sign', key], { input });
const halves = [der.subarray(4, 4 + der[3]), der.subarray(6 + der[3])];
const signature = bytes(Buffer.concat(halves.map((n) => Buffer.concat([Buffer.alloc(32), n]).subarray(-32))));
const body = Buffer.concat([Buffer.of(0xd2), list(header, map(), payload, signature)]);
const at = `${node}/gov/members/proposals${proposal ? `/${proposal}/ballots/${member}:submit` : ':create'}`;
const options = {
  method: 'POST',
  ca: readFileSync(service),
  headers: { 'content-type': 'application/cose' },
};
const print = (answer) => answer.pipe(process.stdout);
request(`${at}?api-version=2024-07-01`, options, print).end(body);
