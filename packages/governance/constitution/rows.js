// Rows of governance tables. Most keys are text, most values JSON; the key of a table of one row is eight zero bytes.

function rowKey(key) {
  return key === undefined ? new ArrayBuffer(8) : ccf.strToBuf(key);
}

/** The JSON value of a row, undefined when there is none. Without a key: of the only row of the table. */
function readRow(table, key) {
  const value = ccf.kv[table].get(rowKey(key));
  return value === undefined ? undefined : ccf.bufToJsonCompatible(value);
}

function writeRow(table, key, value) {
  ccf.kv[table].set(rowKey(key), ccf.jsonCompatibleToBuf(value));
}

/** A row whose value is text: PEM, source. */
function writeText(table, key, text) {
  ccf.kv[table].set(rowKey(key), ccf.strToBuf(text));
}

function hasRow(table, key) {
  return ccf.kv[table].has(rowKey(key));
}

function removeRow(table, key) {
  ccf.kv[table].delete(rowKey(key));
}

/** All rows with JSON values, as [key, value]. */
function allRows(table) {
  const rows = [];
  ccf.kv[table].forEach((value, key) => {
    rows.push([ccf.bufToStr(key), ccf.bufToJsonCompatible(value)]);
  });
  return rows;
}

/** The only row of a table that must have one. */
function readRequired(table, what) {
  const value = readRow(table);
  if (value === undefined) throw new Error(`${what} could not be found`);
  return value;
}

/**
 * Drops all other open proposals: after a change of who votes, or of what a vote means, ballots that were cast before it
 * shall not decide anything.
 */
function dropOtherProposals(proposalId) {
  for (const [id, info] of allRows('public:ccf.gov.proposals_info')) {
    if (id !== proposalId && info.state === 'Open') {
      writeRow('public:ccf.gov.proposals_info', id, { ...info, state: 'Dropped' });
    }
  }
}
