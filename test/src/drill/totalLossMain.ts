/**
 * `npm run drill:total-loss`: all nodes of a network are lost, and what comes back; exit status 1 when anything that was committed is
 * gone, or fewer actors than it takes get anything.
 */
import process from 'node:process';
import { drillTotalLoss } from './totalLoss.js';

const { faults, transfers, epochs, recoverySeconds, directory } = await drillTotalLoss({ say: console.log });
for (const fault of faults) console.error(fault);
if (faults.length > 0) console.error(`FAILED; everything is in ${directory}`);
else console.log(`${transfers} transfers in ${epochs} epochs, 0 lost; recovered in ${recoverySeconds} s`);
// What was waited for when it failed is waited for no longer.
process.exit(faults.length === 0 ? 0 : 1);
