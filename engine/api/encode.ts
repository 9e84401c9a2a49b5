/** Scores as JSON. There are thousands, read by hundreds: each is written once, and what did not change is not written again. */
import { setImmediate as othersFirst } from 'node:timers/promises';
import { z } from 'zod';
import type { Filter } from '../../lib/filter/index.js';
import {
  type instanceScoreSchema,
  scoresResponseSchema,
  serviceScoresSchema,
  servicesResponseSchema,
  type InstanceScore,
  type Zone,
} from '../client/index.js';
import type { Board, ServiceBoard, Written } from './board.js';

type Encoded<S extends z.ZodType> = z.input<S>;

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** Written out, as the schema's own way takes three times as long; a test holds it against the schema. */
const wireOf = (score: InstanceScore): Encoded<typeof instanceScoreSchema> => ({
  ...score,
  zoneSince: iso(score.zoneSince),
  up: { ...score.up, since: iso(score.up.since) },
  at: iso(score.at),
  streak: { ...score.streak, since: iso(score.streak.since) },
  joinedAt: isoOrNull(score.joinedAt),
  traffic: { ...score.traffic, since: iso(score.traffic.since) },
  processStartedAt: isoOrNull(score.processStartedAt),
});

const texts = new WeakMap<InstanceScore, string>();

/** Encoded once, however many ask for it before the next evaluation. */
export const scoreText = (score: InstanceScore): string => {
  let text = texts.get(score);
  if (text === undefined) texts.set(score, (text = JSON.stringify(wireOf(score))));
  return text;
};

export const scoreBytes = (score: InstanceScore): Buffer => Buffer.from(scoreText(score));

/** Text between scores, or a score, written out only in its slice; between two scores in a row belongs a comma. */
type Piece = string | Written;

/** Pieces without a pause: some 10 ms where all scores are new. */
const SLICE = 1_000;

const textOf = (piece: Piece, before: Piece | undefined): string => {
  if (typeof piece === 'string') return piece;
  const text = scoreText(piece.whole);
  return before === undefined || typeof before === 'string' ? text : `,${text}`;
};

/** What changes meanwhile is not seen: the pieces are of one moment. */
const bytesOf = async (pieces: readonly Piece[]): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for (let from = 0; from < pieces.length; from += SLICE) {
    if (from > 0) await othersFirst();
    const slice = pieces.slice(from, from + SLICE).map((piece, i) => textOf(piece, pieces[from + i - 1]));
    parts.push(Buffer.from(slice.join('')));
  }
  return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
};

/** JSON of an object whose last property is an empty list, up to where the list's members belong. */
const opened = (value: object): string => JSON.stringify(value).slice(0, -']}'.length);

/** Only the instances that the filter, if there is one, lets through. */
const serviceAsPieces = (board: ServiceBoard, filter: Filter | null, now: number): readonly Piece[] => {
  const { service, discovery } = board;
  const all = board.lend();
  return [
    opened(z.encode(serviceScoresSchema, { service, discovery, instances: [] })),
    ...(filter === null ? all : all.filter(({ whole }) => filter(whole, now))),
    ']}',
  ];
};

export const serviceBytes = (board: ServiceBoard, filter: Filter | null, now: number): Promise<Buffer> =>
  bytesOf(serviceAsPieces(board, filter, now));

export const boardBytes = (board: Board, filter: Filter | null, now: number): Promise<Buffer> =>
  bytesOf([
    opened(z.encode(scoresResponseSchema, { now, ready: board.ready, services: [] })),
    ...board.services.flatMap((service, i) => [...(i > 0 ? [','] : []), ...serviceAsPieces(service, filter, now)]),
    ']}',
  ]);

export const countZones = (zones: readonly Zone[]): Record<Zone, number> => {
  const counts = { green: 0, yellow: 0, red: 0, unknown: 0 };
  for (const zone of zones) counts[zone] += 1;
  return counts;
};

export const encodeServices = (board: Board, now: number): Encoded<typeof servicesResponseSchema> =>
  z.encode(servicesResponseSchema, {
    now,
    services: board.services.map(({ service, owner, discovery, rows, zones }) => {
      return { service, owner, instances: rows.size, zones: countZones(zones), discovery };
    }),
  });
