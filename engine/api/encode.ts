import { z } from 'zod';
import type { Filter } from '../../lib/filter/index.js';
import {
  instanceScoreSchema,
  scoresResponseSchema,
  serviceScoresSchema,
  servicesResponseSchema,
  type InstanceScore,
  type Zone,
} from '../client/index.js';
import type { Board, ServiceBoard } from './board.js';

type Encoded<S extends z.ZodType> = z.input<S>;

/** A score is encoded once, however many ask for it before the next evaluation. */
const encoded = new WeakMap<InstanceScore, Encoded<typeof instanceScoreSchema>>();

export const encodeScore = (score: InstanceScore): Encoded<typeof instanceScoreSchema> => {
  const known = encoded.get(score);
  if (known) return known;
  const fresh = z.encode(instanceScoreSchema, score);
  encoded.set(score, fresh);
  return fresh;
};

/** Only the instances that the filter, if there is one, lets through. */
export const encodeService = (
  { service, discovery, scores }: ServiceBoard,
  filter: Filter | null,
  now: number,
): Encoded<typeof serviceScoresSchema> => ({
  ...z.encode(serviceScoresSchema, { service, discovery, instances: [] }),
  instances: (filter === null ? scores : scores.filter((score) => filter(score, now))).map(encodeScore),
});

export const encodeBoard = (
  board: Board,
  filter: Filter | null,
  now: number,
): Encoded<typeof scoresResponseSchema> => ({
  ...z.encode(scoresResponseSchema, { now, ready: board.ready, services: [] }),
  services: board.services.map((service) => encodeService(service, filter, now)),
});

export const countZones = (scores: readonly InstanceScore[]): Record<Zone, number> => {
  const zones = { green: 0, yellow: 0, red: 0, unknown: 0 };
  for (const { zone } of scores) zones[zone] += 1;
  return zones;
};

export const encodeServices = (board: Board, now: number): Encoded<typeof servicesResponseSchema> =>
  z.encode(servicesResponseSchema, {
    now,
    services: board.services.map(({ service, owner, discovery, scores }) => {
      return { service, owner, instances: scores.length, zones: countZones(scores), discovery };
    }),
  });
