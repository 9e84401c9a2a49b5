/** `ballast get RESOURCE [SCOPE]`: lists, in any format, once or as they change. */
import type { z } from 'zod';
import { compileFilter, fieldsOf } from '../../lib/filter/index.js';
import {
  actionSchema,
  healProposalSchema,
  instanceViewSchema,
  journalEntrySchema,
} from '../../scheduler/client/index.js';
import type { Api } from '../api.js';
import { exit, usageError } from '../exit.js';
import type { ExitCode } from '../exit.js';
import { within } from '../names.js';
import type { Format, View } from '../output.js';
import { render } from '../output.js';
import { actionsView } from '../views/actions.js';
import { byUrgency, instancesView } from '../views/instances.js';
import { journalView } from '../views/journal.js';
import { byWaiting, proposalsView } from '../views/proposals.js';
import { scoresByUrgency, scoresView } from '../views/scores.js';
import { serviceRows, servicesView } from '../views/services.js';
import type { Context } from './context.js';

export const resources = ['services', 'instances', 'scores', 'proposals', 'actions', 'journal'] as const;
export type Resource = (typeof resources)[number];

export interface GetOptions {
  readonly scope: string | undefined;
  readonly format: Format;
  readonly watch: boolean;
  readonly limit: number;
  /** Only rows that satisfy it. */
  readonly filter: string | undefined;
}

/** What was read at one time: printable, whatever it is a list of. */
interface Listing {
  readonly empty: string;
  readonly length: number;
  text(format: Format, context: Context): string;
}

const listing = <T>(view: View<T>, rows: readonly T[]): Listing => ({
  empty: view.empty,
  length: rows.length,
  text: (format, { paint }) => render(view, rows, format, paint),
});

const journalScope = (scope: string | undefined) => {
  if (scope === undefined || scope === 'all') return {};
  const [service = '', instance] = scope.split('/');
  return instance === undefined ? { service } : { service, instance };
};

/** The engine filters scores itself; of all else the rows are filtered here, by the same language over the same wire types. */
const filtered = <S extends z.ZodObject>(
  schema: S,
  rows: readonly z.output<S>[],
  { filter }: GetOptions,
  now: number,
): readonly z.output<S>[] => {
  if (filter === undefined) return rows;
  const passes = compileFilter(filter, fieldsOf(schema));
  return rows.filter((row) => passes(row, now));
};

const readers: Record<Resource, (api: Api, options: GetOptions, now: number) => Promise<Listing>> = {
  services: async (api, { scope, filter }) => {
    if (filter !== undefined) throw usageError('services take no --filter', 'scores, instances, actions, journal do');
    const [scores, plan] = await Promise.all([api.scores(), api.plan()]);
    return listing(
      servicesView,
      serviceRows(scores, plan).filter((row) => within(scope, row)),
    );
  },
  instances: async (api, options, now) => {
    const found = (await api.instances()).filter((row) => within(options.scope, row));
    const rows = filtered(instanceViewSchema, found, options, now);
    return listing(instancesView(now), [...rows].sort(byUrgency));
  },
  scores: async (api, { scope, filter }) => {
    const { services, now } = await api.scores(filter);
    const rows = services.flatMap(({ instances }) => instances).filter((row) => within(scope, row));
    return listing(scoresView(now), rows.sort(scoresByUrgency));
  },
  proposals: async (api, options, now) => {
    const found = (await api.proposals()).filter((row) => within(options.scope, row));
    return listing(proposalsView, [...filtered(healProposalSchema, found, options, now)].sort(byWaiting));
  },
  actions: async (api, options, now) => {
    const found = (await api.actions(options.limit)).filter((row) => within(options.scope, row));
    return listing(actionsView(now), filtered(actionSchema, found, options, now));
  },
  journal: async (api, options, now) => {
    const found = await api.journal({ ...journalScope(options.scope), limit: options.limit });
    return listing(journalView(now), filtered(journalEntrySchema, found, options, now));
  },
};

const everyMs = 2_000;

/** Prints again whatever changed, until it is ended. */
const follow = async (context: Context, read: () => Promise<Listing>, format: Format): Promise<void> => {
  const { io } = context;
  let last: string | null = null;
  while (!io.signal.aborted) {
    const text = (await read()).text(format, context);
    if (text !== last) io.out(last === null || format === 'json' ? text : `\n${text}`);
    last = text;
    await io.clock.sleep(everyMs, io.signal).catch(() => undefined);
  }
};

/** A journal only grows: while it is watched, each line is printed once. */
const followJournal = async (context: Context, options: GetOptions): Promise<void> => {
  const { io, api } = context;
  const { scope, limit, format } = options;
  const asked = { ...journalScope(scope), limit };
  let entries = await api.journal(asked);
  let after = 0;
  let first = true;
  while (!io.signal.aborted) {
    const now = io.clock.now();
    const shown = filtered(journalEntrySchema, entries, options, now);
    const text = shown.length === 0 ? '' : listing(journalView(now), shown).text(format, context);
    const heading = !first && (format === 'table' || format === 'wide');
    io.out(heading ? text.slice(text.indexOf('\n') + 1) : text);
    first &&= text === '';
    after = entries.at(-1)?.seq ?? after;
    await io.clock.sleep(everyMs, io.signal).catch(() => undefined);
    if (!io.signal.aborted) entries = await api.journal({ ...asked, after });
  }
};

export const get = async (context: Context, resource: Resource, options: GetOptions): Promise<ExitCode> => {
  const { io, api } = context;
  const read = () => readers[resource](api, options, io.clock.now());
  if (options.watch) {
    await (resource === 'journal' ? followJournal(context, options) : follow(context, read, options.format));
    return exit.fine;
  }
  const found = await read();
  io.out(found.text(options.format, context));
  if (found.length === 0) io.err(`${found.empty}\n`);
  return exit.fine;
};
