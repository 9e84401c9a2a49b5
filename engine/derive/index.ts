export { checkService } from './check.js';
export { checkQuery, compileService, type CompiledMetric, type CompiledService } from './compile.js';
export { createFilter, createFilters, seriesFilter } from './filter.js';
export { evidenceOf, windowsFor } from './evidence.js';
export { observe, type ObserveInputs } from './observe.js';
export { InstanceWindow, SeriesStore } from './store/index.js';
export type { QueryProblem } from './promql/problem.js';
