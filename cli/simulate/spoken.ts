/** What people say during an incident, and take back at its end. */
import type { Controls, Maintenance, Mode, Pause } from '../../scheduler/client/index.js';
import type { SimService } from './service.js';
import type { Spoken } from './story.js';

interface Stage {
  readonly services: readonly SimService[];
  readonly now: number;
  readonly isOn: boolean;
}

/** The one of these is put in the place of its like, or taken away. */
const changed = <T>(all: readonly T[], one: T, isAlike: (other: T) => boolean, isOn: boolean): readonly T[] => {
  const others = all.filter((other) => !isAlike(other));
  return isOn ? [...others, one] : others;
};

export const speak = (said: Controls, incident: Spoken, { services, now, isOn }: Stage): Controls => {
  const by = { author: 'ana', reason: 'looks at it', since: now, until: null };
  const scopeOf = (scope: 'all' | number): string =>
    scope === 'all' ? 'all' : `service/${services[scope]?.policy.service ?? ''}`;
  switch (incident.kind) {
    case 'pause': {
      const pause: Pause = { kind: 'pause', scope: scopeOf(incident.scope), ...by };
      return { ...said, pauses: changed(said.pauses, pause, ({ scope }) => scope === pause.scope, isOn) };
    }
    case 'maintenance': {
      const one: Maintenance = { kind: 'maintenance', scope: scopeOf(incident.scope), ...by };
      return { ...said, maintenance: changed(said.maintenance, one, ({ scope }) => scope === one.scope, isOn) };
    }
    case 'mode': {
      const mode: Mode = { kind: 'mode', scope: scopeOf(incident.scope), heal: incident.heal, ...by };
      return { ...said, modes: changed(said.modes, mode, ({ scope }) => scope === mode.scope, isOn) };
    }
  }
};
