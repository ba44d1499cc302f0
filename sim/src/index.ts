export { type Finding, runSeed, type SeedOutcome, type SeedRun } from './run/run-seed.js';
export { type SimulationPlan, type SimulationResult, simulate } from './run/simulate.js';
