/**
 * Requests to `/node/audit`: what auditors ask for, by grants that the members decide on.
 */
import type { GovernedNetwork } from '../governed/governedNetwork.js';
import { until } from '../until.js';
import { type Asked, accept, type Means, of } from './asked.js';

type Rest = NonNullable<Parameters<typeof of>[4]>;

const timeoutMs = 60_000;

const get = (name: string, query: string, expected: readonly number[], rest: Rest = {}): Asked =>
  of('node', 'GET', `/node/audit/${name}`, expected, { query, ...rest });
const post = (name: string, body: object, expected: readonly number[], rest: Rest = {}): Asked =>
  of('node', 'POST', `/node/audit/${name}`, expected, {
    contentType: 'application/json',
    body: JSON.stringify(body),
    ...rest,
  });

/** By carrier, which is as good an auditor as anybody. */
export async function* auditRequests(network: GovernedNetwork, means: Means): AsyncGenerator<Asked> {
  const carrier = network.member('carrier').identity();
  const [as, other] = [{ as: carrier }, { as: network.member('acme').identity() }];
  const about = { auditor: carrier.certificatePem, name: 'carrier', expires_at: Date.now() + 3_600_000 };
  const granted = (args: object): Promise<string> =>
    accept(network, means, [{ name: 'grant_audit', args: { ...about, ...args } }]);
  const whole = await granted({ epochs: { from: 1, to: 1 } });
  const tables = ['public:ccf.gov.nodes.info'];
  const named = await granted({ tables, seqnos: { from: 1, to: 1_000_000 } });

  for (const grant of [whole, named]) yield get('grant', `grant=${grant}`, [200], as);
  yield get('grant', `grant=${whole}`, [401]);
  yield get('grant', `grant=${whole}`, [403], other);
  yield get('grant', '', [400], as);

  const body = { grant: whole, epochs: [1] };
  await until('the first epoch is over, and both nodes have their shares', timeoutMs, async () => {
    for (const backup of [false, true]) {
      const { status, text } = await means.send(post('partials', body, [200], { ...as, backup }));
      if (status !== 200) throw new Error(text);
    }
    return true;
  });
  yield post('partials', body, [200], { ...as, backup: true });
  yield post('partials', body, [401]);
  yield post('partials', body, [403], other);
  yield post('partials', { ...body, epochs: [2] }, [403], as);
  yield post('partials', { ...body, epochs: 'all' }, [400], as);

  yield get('entries', `grant=${whole}&from=1`, [200], as);
  yield get('entries', `grant=${whole}&from=1`, [401]);
  yield get('entries', `grant=${named}&from=1`, [403], as);
  yield get('entries', `grant=${whole}&from=0`, [400], as);

  const rows = { grant: named, from: 1 };
  yield post('rows', rows, [200], as);
  yield post('rows', rows, [401]);
  yield post('rows', rows, [403], other);
  yield post('rows', { ...rows, grant: whole }, [403], as);
  yield post('rows', { ...rows, from: 900_000 }, [202], as);
  yield post('rows', { ...rows, from: 'here' }, [400], as);
}

/** What a node that takes part, `who`, has recorded. */
export function* readRequests(isBackup: boolean, who: Rest): Generator<Asked> {
  const { as: _, ...nobody } = who;
  const read = {
    read: '0a'.repeat(16),
    grant: 'none',
    auditor: 'ab'.repeat(32),
    node_id: 'cd'.repeat(32),
    epochs: [1],
    at: 1,
  };
  yield post('reads', read, [403], nobody);
  yield post('reads', { ...read, epochs: [] }, [400], who);
  yield post('reads', read, [307], { ...who, backup: !isBackup });
  yield post('reads', read, [403], who);
}
