import { z } from 'zod';
import { stringify } from 'yaml';
import { explanationSchema } from '../../engine/client/index.js';
import type { Explanation } from '../../engine/client/index.js';
import { instanceViewSchema, journalEntrySchema } from '../../scheduler/client/index.js';
import { messageOf } from '../../lib/errors.js';
import { exit } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { findInstance } from '../names.js';
import type { Named } from '../names.js';
import { jsonText } from '../output.js';
import { instantOf } from '../times.js';
import { explainText, goneText } from '../views/explain.js';
import type { Decided } from '../views/explain.js';
import type { Context } from './context.js';

export interface ExplainOptions {
  readonly format: 'table' | 'json' | 'yaml';
  /** Lines of the journal. */
  readonly limit: number;
  /** A past time, as it was written. */
  readonly at?: string;
}

/** Without the scheduler the score can be explained all the same; what is missing is said beside it. */
const decidedOf = async (
  { api, io }: Context,
  { service, instance }: Named,
  limit: number,
): Promise<Decided | null> => {
  try {
    const [journal, views] = await Promise.all([api.journal({ service, instance, limit }), api.instances()]);
    return { journal, view: views.find((view) => view.service === service && view.instance === instance) ?? null };
  } catch (error) {
    io.err(`no decisions are shown: ${messageOf(error)}\n`);
    return null;
  }
};

const wire = (explanation: Explanation, decided: Decided | null): unknown => ({
  explanation: z.encode(explanationSchema, explanation),
  journal: decided?.journal.map((entry) => z.encode(journalEntrySchema, entry)) ?? null,
  scheduler: decided?.view === null || decided === null ? null : z.encode(instanceViewSchema, decided.view),
});

const isNamed = ({ service, instance }: Named, name: string): boolean =>
  instance === name || `${service}/${instance}` === name;

/** One that left the catalog, as a process does while it is restarted, is still known by what was done to it. */
const lastKnown = async ({ api }: Context, name: string): Promise<Named | null> => {
  const actions = await api.actions(100).catch(() => []);
  return actions.find((action) => isNamed(action, name)) ?? null;
};

const explainGone = async (context: Context, gone: Named, limit: number): Promise<ExitCode> => {
  const decided = await decidedOf(context, gone, limit);
  context.io.out(goneText(gone.instance, decided, context.io.clock.now()));
  return exit.fine;
};

/** Who is meant: one that has a score, or `SERVICE/INSTANCE` of which only the past is known. */
export const nameOf = async (context: Context, name: string): Promise<Named> => {
  const { services } = await context.api.scores();
  const scored = services.flatMap(({ instances }) => instances);
  const [service = '', instance, ...rest] = name.split('/');
  const isFull = instance !== undefined && rest.length === 0 && services.some((each) => each.service === service);
  if (isFull) return { service, instance };
  return findInstance(name, scored);
};

/** What was decided until then; what holds now says nothing of it. */
const decidedUntil = (decided: Decided | null, at: number): Decided | null =>
  decided && { view: null, journal: decided.journal.filter((entry) => entry.at <= at) };

const explainPast = async (
  context: Context,
  name: string,
  at: number,
  { limit, format }: ExplainOptions,
): Promise<ExitCode> => {
  const named = await nameOf(context, name);
  const [explanation, decided] = await Promise.all([
    context.api.explain(named.service, named.instance, at),
    decidedOf(context, named, limit),
  ]);
  show(context, explanation, decidedUntil(decided, at), format);
  return exit.fine;
};

const show = (
  { io, paint }: Context,
  explanation: Explanation,
  decided: Decided | null,
  format: ExplainOptions['format'],
): void => {
  if (format === 'table') io.out(explainText(explanation, decided, paint));
  else io.out(format === 'json' ? jsonText(wire(explanation, decided)) : stringify(wire(explanation, decided)));
};

export const explain = async (context: Context, name: string, options: ExplainOptions): Promise<ExitCode> => {
  const { api, io } = context;
  const { format, limit, at } = options;
  if (at !== undefined) return explainPast(context, name, instantOf(at, '--at', io.clock.now()), options);
  const { services } = await api.scores();
  const scored = services.flatMap(({ instances }) => instances);
  const gone = scored.some((known) => isNamed(known, name)) ? null : await lastKnown(context, name);
  if (gone !== null) return explainGone(context, gone, limit);
  const named = findInstance(name, scored);
  const [explanation, decided] = await Promise.all([
    api.explain(named.service, named.instance),
    decidedOf(context, named, limit),
  ]);
  show(context, explanation, decided, format);
  return exit.fine;
};
