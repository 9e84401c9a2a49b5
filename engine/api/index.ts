export { Board, type DiscoveryView, type ServiceBoard } from './board.js';
export { configurationEndpoints } from './configuration/index.js';
export { EngineMetrics } from './metrics.js';
export { readiness, type Readiness, type ReadinessInputs } from './readiness.js';
export { addRoutes } from './routes.js';
export type { WhatIfOptions } from './what-if.js';
