import type { Express } from 'express';
import type { Clock } from '../../lib/clock.js';
import type { Explanation } from '../client/index.js';
import type { Board } from './board.js';
import { addScoreRoutes } from './scores.js';

export interface RoutesOptions {
  readonly board: Board;
  readonly clock: Clock;
  /** Null: nothing was judged of it yet. */
  readonly explain: (service: string, instance: string) => Explanation | null;
}

/** The engine's HTTP API, on the app itself. Shapes are the wire types; a file per group of resources. */
export const addRoutes = (app: Express, options: RoutesOptions): void => {
  addScoreRoutes(app, options);
};
