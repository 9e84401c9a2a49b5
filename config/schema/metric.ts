/** One metric, as a service file or a preset writes it. Everything is optional: what is not said comes from the preset. */
import { z } from 'zod';
import {
  durationBetween,
  flag,
  numberBetween,
  oneOf,
  section,
  someDuration,
  text,
  textMatching,
  threshold,
  wholeBetween,
} from './fields.js';
import { labelName } from './prometheus.js';

const selectorPattern = /^(?:[A-Za-z_:][A-Za-z0-9_:]*\s*(?:\{[\s\S]*\})?|\{[\s\S]*\})$/;
const selector = textMatching(
  selectorPattern,
  'a plain selector like name{label="x"} (no functions: it is counted by us)',
);

export const units = ['none', 'seconds', 'ratio', 'bytes', 'count'] as const;

export const metricFile = section({
  level: oneOf('app', 'system').meta({ description: 'Where it counts: the application or its node.' }).optional(),
  query: text.meta({ description: 'PromQL over the series of one instance, with one element.' }).optional(),
  source: oneOf('scrape', 'prometheus')
    .meta({ description: 'prometheus: query is sent as it is to the server that the service names.' })
    .optional(),
  label: labelName.meta({ description: "With source: prometheus, instead of the server's own label." }).optional(),
  match: text.meta({ description: "With source: prometheus, instead of the server's own match." }).optional(),
  ratio: section({ bad: selector, total: selector })
    .meta({ description: 'Two counters; judged by evidence (Wilson lower bound) over several windows.' })
    .optional(),
  stall: section({ in_flight: text, completed: selector, at_least: wholeBetween(1, 1_000_000).optional() })
    .meta({ description: '1 when requests are in flight and none completes, else 0.' })
    .optional(),
  up: z
    .literal(true, { error: 'expected true: the engine observes by itself whether the process is up' })
    .meta({ description: 'Whether the process answers its scrapes, as the engine sees it.' })
    .optional(),
  good: threshold.meta({ description: 'At this value nothing is lost.' }).optional(),
  critical: threshold.meta({ description: 'At this value all of the weight is lost.' }).optional(),
  unit: oneOf(...units).optional(),
  weight: numberBetween(0.001, 1000).meta({ description: 'Relative to the other metrics of its level.' }).optional(),
  cap: z
    .union([numberBetween(0, 100), z.null()], { error: 'expected a score between 0 and 100, or null for no ceiling' })
    .meta({ description: 'At critical the level cannot score above this.' })
    .optional(),
  curve: z
    .union(
      [z.literal('linear'), section({ expression: text }), section({ decay: section({ half_life: someDuration }) })],
      { error: 'expected linear, {expression: "p^2"} or {decay: {half_life: 5m}}' },
    )
    .optional(),
  blame: oneOf('self', 'dependency')
    .meta({ description: 'dependency: lowers the weight, never justifies a restart.' })
    .optional(),
  dry_run: flag.meta({ description: 'Computed and shown, not counted.' }).optional(),
  min_traffic: section({ query: text, at_least: numberBetween(0, 1e12) })
    .meta({ description: 'Below this much traffic the value says nothing and counts as good.' })
    .optional(),
  no_data: oneOf('skip', 'hold', 'worst')
    .meta({
      description: 'Without a value: skip = not counted, hold = the last one counts on, worst = as if critical.',
    })
    .optional(),
  hold_for: durationBetween('1s', '1h').meta({ description: 'With no_data: hold, for how long at most.' }).optional(),
});
export type MetricFile = z.output<typeof metricFile>;
