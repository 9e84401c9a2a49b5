import type { HealProposal, Plan, PlannedServer, ServicePlan } from '../client/index.js';

/**
 * The one canonical text of a plan: logs, diffs, golden files, CLI and API. The same plan gives the same bytes; it bears no
 * time, so that two plans that decide the same are the same text.
 */
export const planText = (plan: Plan): string =>
  plan.services.length === 0 ? 'no services\n' : `${plan.services.map(serviceText).join('\n\n')}\n`;

const serviceText = (service: ServicePlan): string =>
  [
    headline(service),
    ...service.reasons.map(({ code, text }) => `  ! ${code}: ${text}`),
    ...serverLines(service.servers),
    ...service.proposals.flatMap(proposalLines),
  ].join('\n');

const headline = ({ service, upstream, state, mode }: ServicePlan): string =>
  `${service} -> ${upstream === null ? 'no upstream' : `upstream ${upstream}`}: ${state} (traffic ${mode.traffic}, heal ${mode.heal})`;

const serverLines = (servers: readonly PlannedServer[]): string[] => {
  if (servers.length === 0) return ['  no instances'];
  return aligned(
    servers.map(({ instance, address, port, weight, lifecycle, zone, reasons }) => [
      instance,
      host(address, port),
      weight > 0 ? String(weight) : 'out',
      lifecycle,
      zone,
      reasons.map(({ code, text }) => `${code}: ${text}`).join('; '),
    ]),
  );
};

const host = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const proposalLines = ({ step, instance, because, allowed, verdicts }: HealProposal): string[] => {
  const held = verdicts.filter((verdict) => !verdict.allowed);
  const head = `  next: ${step} ${instance}: ${because}`;
  return allowed
    ? [`${head} (allowed)`]
    : [head, ...aligned(held.map(({ code, text }) => ['  held back by', code, text]))];
};

/** Rows in columns two spaces apart; the last column is ragged. */
const aligned = (rows: readonly (readonly string[])[]): string[] => {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    `  ${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  ')}`.trimEnd(),
  );
};
