/**
 * What `/metrics` says of each instance. A client library keeps each label set in a map of its own and writes all of
 * them without a pause: with 10,000 instances it holds the loop for 170 ms, and everything that waits meanwhile.
 */
import { setImmediate as othersFirst } from 'node:timers/promises';
import { zoneSchema, type Zone } from '../client/index.js';
import type { Board, Shown } from './board.js';

interface Family {
  readonly name: string;
  readonly help: string;
  /** `labels`: of the instance, without the closing brace. Each line ends with a line feed. */
  readonly lines: (labels: string, shown: Shown) => string;
}

const line = (name: string, labels: string, value: number | null): string =>
  value === null ? '' : `${name}${labels}} ${value}\n`;

const zones: readonly Zone[] = zoneSchema.options;

const families: readonly Family[] = [
  {
    name: 'ballast_score',
    help: 'Raw health score of an instance, 0 to 100.',
    lines: (labels, { score }) => line('ballast_score', labels, score),
  },
  {
    name: 'ballast_score_smoothed',
    help: 'Score that the weight follows, 0 to 100.',
    lines: (labels, { smoothed }) => line('ballast_score_smoothed', labels, smoothed),
  },
  {
    name: 'ballast_zone',
    help: 'The zone of an instance is 1, the others 0.',
    lines: (labels, shown) =>
      zones.map((zone) => line('ballast_zone', `${labels},zone="${zone}"`, shown.zone === zone ? 1 : 0)).join(''),
  },
];

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

/** As the text format asks for label values. */
const escaped = (value: string): string => value.replace(/[\\"\n]/g, (sign) => escapes[sign] ?? sign);

const labelsOf = (service: string, instance: string): string =>
  `{service="${escaped(service)}",instance="${escaped(instance)}"`;

/** Instances without a pause: some milliseconds. */
const SLICE = 1_000;

/**
 * In the text format, in slices. Who is evaluated meanwhile is shown as it is then; who leaves, not at all: what was kept of it is
 * gone, so that nobody's score is held over a pause.
 */
export const scoreLines = async (board: Board): Promise<string> => {
  const parts: string[] = [];
  let written = 0;
  for (const { name, help, lines } of families) {
    parts.push(`# HELP ${name} ${help}\n# TYPE ${name} gauge\n`);
    for (const { service, rows } of board.services)
      // Those of now, each once: who leaves and comes back in a pause stands at the end of the rows again.
      for (const instance of [...rows.keys()]) {
        const row = rows.get(instance);
        if (row === undefined) continue;
        parts.push(lines(labelsOf(service, instance), row.shown));
        if (++written % SLICE === 0) await othersFirst();
      }
  }
  return parts.join('');
};
