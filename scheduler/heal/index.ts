export { heal, type Healed } from './turn.js';
export { advance } from './advance.js';
export type { Progress, Surroundings } from './phases.js';
export { redAt, stormAt, stormOf } from './storm.js';
export { tallyOf } from './tally.js';
