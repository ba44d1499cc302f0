/**
 * Writes the row of the network's key as the end of a ceremony does, for tests of other rooms.
 */
export { type MadeKey, writeNetworkKey } from '../networkKey/keyRow.js';
