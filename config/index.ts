export type * from './names.js';
export type * from './policy.js';
export { levels } from './policy.js';
export { instanceIdPattern, metricNamePattern, serviceNamePattern } from './names.js';
