export type * from './names.js';
export type * from './policy.js';
export { levels } from './policy.js';
export { scoringWindowMs } from './window.js';
export { instanceIdPattern, metricNamePattern, serviceNamePattern } from './names.js';
export { loadConfiguration, type LoadOptions, type Loaded } from './load.js';
export { formatProblem, type Problem } from './problems.js';
export type { CheckExpression, CheckQuery } from './queries.js';
