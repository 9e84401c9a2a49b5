export { assess } from './assess.js';
export { carry } from './carry.js';
export { causesOf } from './causes.js';
export { checkExpression } from './expression.js';
export { isGauge, judge } from './judge.js';
export { forgetTraffic, keepsJudged, needsTraffic, type JudgeMemory, type MetricMemory } from './metric-memory.js';
export { peersOf, resultsOf, type Peers, type Results } from './peers.js';
export { smooth, unsmoothed, type Smoothing } from './smooth.js';
export { nextUp, type UpState } from './up.js';
