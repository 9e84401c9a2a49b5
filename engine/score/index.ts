export { assess } from './assess.js';
export { carry } from './carry.js';
export { causesOf } from './causes.js';
export { checkExpression } from './expression.js';
export { isGauge, judge } from './judge.js';
export { forgetTraffic, needsTraffic, type JudgeMemory } from './metric-memory.js';
export { peersOf, type Peers } from './peers.js';
export { smooth, unsmoothed, type Smoothing } from './smooth.js';
export { nextUp, type UpState } from './up.js';
