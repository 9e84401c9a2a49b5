import type { Express } from 'express';
import type { Clock } from '../../lib/clock.js';
import type { Endpoint } from '../../lib/http/endpoints.js';
import { serveDescribed } from '../../lib/http/openapi.js';
import { version } from '../../lib/version.js';
import * as wire from '../client/index.js';
import type { Board } from './board.js';
import { historyEndpoints, type PastOptions } from './history.js';
import { scoreEndpoints } from './scores.js';
import { statusEndpoints } from './status.js';
import { whatIfEndpoints, type WhatIfOptions } from './what-if.js';

export interface RoutesOptions {
  readonly board: Board;
  readonly clock: Clock;
  /** Null: nothing was judged of it yet. */
  readonly explain: (service: string, instance: string) => wire.Explanation | null;
  readonly past?: PastOptions;
  readonly whatIf?: WhatIfOptions;
  /** What is said and done about the configuration. */
  readonly configuration?: readonly Endpoint[];
}

const about = {
  title: 'Ballast score engine',
  version,
  description: 'Health scores of every instance, and why they are what they are.',
  schemas: {
    InstanceScore: wire.instanceScoreSchema,
    LevelScore: wire.levelScoreSchema,
    MetricScore: wire.metricScoreSchema,
    Cause: wire.causeSchema,
    Discovery: wire.discoverySchema,
    ServiceScores: wire.serviceScoresSchema,
    Scores: wire.scoresResponseSchema,
    Services: wire.servicesResponseSchema,
    Explanation: wire.explanationSchema,
    History: wire.historySchema,
    Simulation: wire.simulationSchema,
  },
};

/** All that the engine serves; a file per group of resources. */
const endpointsOf = (options: RoutesOptions): readonly Endpoint[] => [
  ...scoreEndpoints(options),
  ...statusEndpoints(options),
  ...(options.past ? historyEndpoints(options, options.past) : []),
  ...(options.whatIf ? whatIfEndpoints(options.whatIf) : []),
  ...(options.configuration ?? []),
];

/** The engine's HTTP API, on the app itself. Shapes are the wire types; `/v1/openapi.json` is made of the same table. */
export const addRoutes = (app: Express, options: RoutesOptions): void => {
  serveDescribed(app, endpointsOf(options), about);
};
