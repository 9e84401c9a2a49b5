/** Runs scenarios and says of each expectation whether it held, where it stands, and what was there instead. */
import type { KeyPath, Problem } from '../../config/problems.js';
import { formatDuration } from '../../config/units.js';
import { compare, compareNth, type Known, type Mismatch, type Sequences } from './compare.js';
import type { Scenario } from './load.js';
import { spread, valuesOf } from './notation.js';
import { Rehearsal, type Moment } from './rehearsal.js';
import { scrapesOf } from './sanity.js';
import type { ExpectationFile } from './schema.js';

export interface Failure extends Mismatch {
  readonly place: Problem;
  readonly instance: string;
  readonly at: number;
  /** Of the same key and instance, later on. */
  readonly more: number;
  readonly known: Known;
}

export interface Outcome {
  readonly scenario: Scenario;
  readonly failures: readonly Failure[];
}

interface Check {
  readonly nth: number;
  readonly expected: ExpectationFile;
  readonly instances: readonly string[];
  readonly sequences: Sequences | null;
  readonly moments: readonly { readonly from: number; readonly to: number }[];
}

const sequencesOf = ({ zones, scores, weights }: ExpectationFile, count: number): Sequences | null =>
  zones === undefined && scores === undefined && weights === undefined
    ? null
    : {
        zones: spread(zones ?? [], count),
        scores: valuesOf(scores ?? [], count),
        weights: valuesOf(weights ?? [], count),
      };

const checksOf = ({ test, compiled }: Scenario): readonly Check[] => {
  const count = scrapesOf(test, compiled.policy.scrape.intervalMs);
  return test.expect.map((expected, nth) => ({
    nth,
    expected,
    instances: expected.instance ?? Object.keys(test.instances),
    sequences: sequencesOf(expected, count),
    moments: expected.at ?? [],
  }));
};

/** The failures of one test, the first of each key and instance. */
class Findings {
  readonly #failures = new Map<string, Failure & { more: number }>();
  constructor(private readonly scenario: Scenario) {}

  note(check: Check, instance: string, at: number, known: Known, mismatches: readonly Mismatch[]): void {
    for (const mismatch of mismatches) {
      const path: KeyPath = ['expect', check.nth, ...mismatch.path];
      const key = JSON.stringify([path, instance]);
      const before = this.#failures.get(key);
      if (before) before.more += 1;
      else {
        const message = `${instance} at ${formatDuration(at)}: expected ${mismatch.expected}, got ${mismatch.got}`;
        const place = { ...this.scenario.place(path, message), path: mismatch.path.join('.') };
        this.#failures.set(key, { ...mismatch, place, instance, at, known, more: 0 });
      }
    }
  }

  get failures(): readonly Failure[] {
    return [...this.#failures.values()].sort((a, b) => a.at - b.at);
  }
}

/** A single time is looked at once, at the last moment up to it; a span at each scrape within it. */
const isLooked = (check: Check, { now, scrape }: Moment, next: number): boolean =>
  check.moments.some((moment) => {
    if (moment.from < moment.to) return scrape !== null && now >= moment.from && now <= moment.to;
    return moment.from >= now && moment.from < next;
  });

export const judgeScenario = (scenario: Scenario): Outcome => {
  const rehearsal = new Rehearsal(scenario);
  const checks = checksOf(scenario);
  const record = new Findings(scenario);
  const end = Math.max(0, ...checks.flatMap(({ moments }) => moments.map(({ to }) => to)));
  rehearsal.play(end, (moment, next) => {
    for (const check of checks) {
      const looked = isLooked(check, moment, next);
      if (!looked && (check.sequences === null || moment.scrape === null)) continue;
      for (const instance of check.instances) {
        const known = { explanation: moment.explain(instance), server: moment.server(instance), state: moment.state };
        if (looked) record.note(check, instance, moment.now, known, compare(check.expected, known));
        if (check.sequences && moment.scrape !== null)
          record.note(check, instance, moment.now, known, compareNth(check.sequences, moment.scrape, known));
      }
    }
  });
  return { scenario, failures: record.failures };
};
