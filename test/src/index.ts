export { type CrashOptions, type CrashResult, runCrashes } from './crash.js';
export { openTestNetwork, type TestNetwork, type TestNetworkOptions } from './testNetwork.js';
