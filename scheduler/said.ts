/**
 * What people have said, as it concerns one service or one instance now. Pure; shared by the plan, the guardrails and the
 * API, so that they never disagree.
 */
import { type MaintenanceWindow, nextWindow, openWindow, type ServicePolicy } from '../config/index.js';
import type { Controls, Drain, Ledger, Maintenance, Order, WindowState } from './client/index.js';
import type { FleetPolicy } from './model.js';

export const untilText = (until: number | null, otherwise: string): string =>
  until === null ? otherwise : `until ${new Date(until).toISOString()}`;

/** A maintenance that is in force, by hand or by the calendar. */
export interface InMaintenance {
  /** Null: until somebody ends it. */
  readonly until: number | null;
  /** Who or which window, until when, and why. */
  readonly text: string;
}

export interface Concerned {
  readonly policy: Pick<ServicePolicy, 'service' | 'maintenance'>;
  readonly fleet: Pick<FleetPolicy, 'maintenance'>;
  readonly controls: Pick<Controls, 'maintenance'> | null;
  /** Null: the service as a whole. */
  readonly instance: string | null;
  readonly now: number;
}

/** Null: none. What a person declared comes before what the calendar says. */
export const maintenanceOf = (concerned: Concerned): InMaintenance | null => {
  const { policy, fleet, controls, instance, now } = concerned;
  const scopes = ['all', `service/${policy.service}`, `instance/${policy.service}/${instance ?? ''}`];
  const declared = controls?.maintenance.find(
    ({ scope, until }) => scopes.includes(scope) && (until === null || until > now),
  );
  if (declared) return { until: declared.until, text: declaredText(declared) };
  for (const window of [...policy.maintenance, ...(fleet.maintenance ?? [])]) {
    const open = openWindow(window, now);
    if (open) return { until: open.until, text: windowText(window, open.until) };
  }
  return null;
};

const declaredText = ({ scope, author, reason, until }: Maintenance): string =>
  `${author} has ${scope} in maintenance ${untilText(until, 'until it is ended')}: ${reason}`;

const windowText = ({ cron, timezone, reason }: MaintenanceWindow, until: number): string =>
  `window "${cron}" (${timezone}) is open ${untilText(until, '')}: ${reason}`;

export const windowStates = (
  windows: readonly MaintenanceWindow[],
  service: string | null,
  now: number,
): readonly WindowState[] =>
  windows.map((window) => ({
    service,
    cron: window.cron,
    timezone: window.timezone,
    forMs: window.forMs,
    reason: window.reason,
    openUntil: openWindow(window, now)?.until ?? null,
    next: nextWindow(window, now),
  }));

/** A person wants it out of rotation now; null: nobody does. */
export const drainOf = (
  controls: Pick<Controls, 'drains'> | null,
  service: string,
  instance: string,
  now: number,
): Drain | null =>
  // Asked of every instance at every decision, and nearly always there is none.
  controls === null || controls.drains.length === 0
    ? null
    : (controls.drains.find(
        (drain) =>
          drain.service === service &&
          drain.instance === instance &&
          drain.restored === null &&
          (drain.until === null || drain.until > now),
      ) ?? null);

export const drainText = ({ author, reason, until }: Drain): string =>
  `${author} drained it${until === null ? '' : ` ${untilText(until, '')}`}: ${reason}`;

/** When a person last took it back; null: nobody did. */
export const restoredAt = (
  controls: Pick<Controls, 'drains'> | null,
  service: string,
  instance: string,
): number | null =>
  controls === null || controls.drains.length === 0
    ? null
    : (controls.drains.find((drain) => drain.service === service && drain.instance === instance)?.restored?.at ?? null);

/** Whether the ledger holds an action that this order began: then it is done, however that ended. */
export const isBegun = ({ id }: Pick<Order, 'id'>, ledger: Ledger | null): boolean =>
  [...(ledger?.open ?? []), ...(ledger?.closed ?? [])].some(({ by }) => by.kind === 'human' && by.order === id);

/** What a person ordered for it and nobody began, in time or not; null: nothing. */
export const orderOf = (
  controls: Pick<Controls, 'orders'> | null,
  ledger: Ledger | null,
  service: string,
  instance: string,
): Order | null => {
  if (controls === null || controls.orders.length === 0) return null;
  const order = controls.orders.find((one) => one.service === service && one.instance === instance);
  return order && ledger && !isBegun(order, ledger) ? order : null;
};

export const orderText = ({ author, step, reason }: Order): string => `${author} ordered ${step}: ${reason}`;
