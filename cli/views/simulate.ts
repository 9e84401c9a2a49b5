/** `ballast simulate`: what a user's guardrails came to in so many days. */
import { formatDuration } from '../../config/units.js';
import type { ReasonCode } from '../../scheduler/client/index.js';
import { findings } from '../simulate/users/advice.js';
import type { UserFleet } from '../simulate/users/fleet.js';
import {
  type Broken,
  type DayLine,
  type Refusals,
  type Report,
  type ServiceReport,
  type Telling,
  waits,
} from '../simulate/users/report.js';
import type { Paint } from '../paint.js';
import { type Column, table } from '../table.js';

const count = (value: number): string => value.toLocaleString('en');
const all = (refusals: ServiceReport['refused']): number =>
  Object.entries(refusals).reduce((sum, [code, { count: each }]) => sum + (waits.has(code) ? 0 : each), 0);
const pagesIn = ({ pages }: Telling): number => Object.values(pages).reduce((sum, each) => sum + each.count, 0);
const hours = (ms: number): string => `${(ms / 3_600_000).toFixed(1)} h`;
const ofBoth = (wrong: number, total: number): string =>
  wrong === 0 ? count(total) : `${count(total)} (${count(wrong)})`;

const columns: readonly Column<ServiceReport>[] = [
  { title: 'SERVICE', cell: ({ service }) => service },
  { title: 'TROUBLES', cell: ({ troubles }) => count(troubles), align: 'right' },
  { title: 'RESTARTS', cell: ({ acts, wrongHeals }) => ofBoth(wrongHeals, acts), align: 'right' },
  { title: 'HELPED', cell: ({ verified }) => count(verified), align: 'right' },
  { title: 'REFUSED', cell: ({ refused }) => count(all(refused)), align: 'right' },
  { title: 'PAGES', cell: (service) => count(pagesIn(service)), align: 'right' },
  { title: 'MESSAGES', cell: ({ messages }) => count(messages), align: 'right' },
  { title: 'TAKEN OUT', cell: ({ drains, wrongDrains }) => ofBoth(wrongDrains, drains), align: 'right' },
  { title: 'FAILED', cell: ({ errors }) => count(errors), align: 'right' },
  { title: 'ALONE', cell: ({ errorsAlone }) => count(errorsAlone), align: 'right' },
  { title: 'ILL', cell: ({ illMs }) => hours(illMs), align: 'right' },
  { title: 'ALONE', cell: ({ illMsAlone }) => hours(illMsAlone), align: 'right' },
  { title: 'HELD BACK', cell: ({ heldBackMs }) => hours(heldBackMs), align: 'right' },
];

const explained = `In brackets: for nothing. REFUSED leaves out what only waits. PAGES are troubles that call for a person now, MESSAGES all that is told. FAILED are requests that clients saw fail, ILL and HELD BACK hours of instances with a fault,
and of instances without one that got less than their share. ALONE is the same without Ballast.
`;

const dayColumns: readonly Column<DayLine>[] = [
  { title: 'DAY', cell: ({ seed }) => String(seed) },
  { title: 'TROUBLES', cell: ({ troubles }) => count(troubles), align: 'right' },
  { title: 'RESTARTS', cell: ({ acts }) => count(acts), align: 'right' },
  { title: 'REFUSED', cell: ({ refused }) => count(refused), align: 'right' },
  { title: 'PAGES', cell: ({ pages }) => count(pages), align: 'right' },
  { title: 'MESSAGES', cell: ({ messages }) => count(messages), align: 'right' },
  { title: 'FAILED', cell: ({ errors }) => count(errors), align: 'right' },
  { title: 'ALONE', cell: ({ errorsAlone }) => count(errorsAlone), align: 'right' },
];

interface CodeLine {
  readonly code: string;
  readonly services: readonly (Refusals | undefined)[];
}

const codeLines = (services: readonly ServiceReport[]): readonly CodeLine[] => {
  const codes = [...new Set(services.flatMap(({ refused }) => Object.keys(refused) as ReasonCode[]))];
  const total = (code: ReasonCode): number =>
    services.reduce((sum, { refused }) => sum + (refused[code]?.count ?? 0), 0);
  return codes
    .sort((a, b) => total(b) - total(a))
    .map((code) => ({ code, services: services.map(({ refused }) => refused[code]) }));
};

const codeColumns = (services: readonly ServiceReport[]): readonly Column<CodeLine>[] => [
  { title: 'REFUSED BY', cell: ({ code }) => (waits.has(code) ? `${code} (waits)` : code) },
  ...services.slice(0, shownServices).map(({ service }, nth): Column<CodeLine> => ({
    title: service,
    cell: ({ services: each }) => (each[nth] ? `${count(each[nth].count)} on ${each[nth].days}d` : ''),
    align: 'right',
  })),
];

const shownServices = 8;
const shownFindings = 12;

const headline = ({ days, seeds: [from, to], services, reloads, broken }: Report): string => {
  const instances = services.reduce((sum, each) => sum + each.instances, 0);
  return `${days} simulated days (seeds ${from} to ${to}): ${services.length} services, ${instances} instances, ${count(reloads)} reloads.\n${broken.map(brokenText).join('')}`;
};

const brokenText = ({ rule, seeds }: Broken): string =>
  `A safety rule broke, please report that: "${rule}", with seed ${seeds.slice(0, 5).join(', ')}.\n`;

/** What made somebody's telephone ring, the most frequent first; and how many messages each webhook would have had. */
const toldText = ({ services, fleet, webhooks, perDay }: Report): string => {
  const pages = [
    ...services.map(({ service, pages: own }) => [service, own] as const),
    ['everything', fleet.pages] as const,
  ]
    .flatMap(([of, own]) => Object.entries(own).map(([code, { count: each }]) => ({ of, code, each })))
    .sort((a, b) => b.each - a.each)
    .map(({ of, code, each }) => `${of} ${code} ${count(each)}`);
  const total = perDay.reduce((sum, { messages }) => sum + messages, 0);
  const sent = webhooks.map(({ name, levels, messages }) => `${name} (${levels.join(', ')}) ${count(messages)}`);
  const whom = sent.length === 0 ? 'a webhook that takes all levels, had the file one' : sent.join(', ');
  return [
    pages.length === 0 ? 'Nobody was paged.\n' : `Paged for: ${pages.join(', ')}.\n`,
    `Messages in all: ${count(total)}, ${count(fleet.messages)} of them about everything or summaries. To ${whom}.\n`,
  ].join('');
};

const shareText = (report: Report): string => {
  const failed = report.services.reduce((sum, { errors }) => sum + errors, 0);
  const alone = report.services.reduce((sum, { errorsAlone }) => sum + errorsAlone, 0);
  if (failed === 0 || alone === 0) return '';
  return `Without Ballast ${(alone / failed).toFixed(1)} times as many requests failed.\n`;
};

export const simulateText = (report: Report, fleet: UserFleet, paint: Paint): string => {
  const { services, perDay, unhealed } = report;
  const found = findings(services, fleet);
  const notes = fleet.notes.map((note) => `- ${note}\n`).join('');
  const advice = found.slice(0, shownFindings).map(({ service, text }) => `- ${service}: ${text}\n`);
  const ill = unhealed.map((who) => `- not well two hours after the last trouble: ${who}\n`);
  const said = [...advice, ...ill].join('');
  const lines = codeLines(services);
  return [
    headline(report),
    ...(notes === '' ? [] : [`Simulated other than it is:\n${notes}`]),
    table(columns, services, paint) + explained + shareText(report) + toldText(report),
    ...(lines.length === 0 ? [] : [table(codeColumns(services), lines, paint)]),
    ...(perDay.length > 1 ? [table(dayColumns, perDay, paint)] : []),
    ...(said === '' ? [] : [`What stood in the way:\n${said}`]),
  ].join('\n');
};

/** While it goes on, for `err`. */
export const progressText = (done: number, of: number, sinceMs: number): string => {
  const left =
    done === 0 ? '' : `, about ${formatDuration(Math.round(((sinceMs / done) * (of - done)) / 1_000) * 1_000)} left`;
  return `day ${done} of ${of}${done === of ? '' : left}`;
};
