/** What people may say and do, as one table. */
import type { Configuration } from '../../config/index.js';
import type { Endpoint } from '../../lib/http/endpoints.js';
import { actEndpoints } from './act-endpoints.js';
import type { Acts } from './acts.js';
import type { Controls } from './controls.js';
import { maintenanceEndpoints, type Windows } from './maintenance.js';
import { modeEndpoints } from './mode.js';
import type { Subjects } from './subjects.js';

export interface PeopleParts extends Subjects {
  readonly controls: Controls;
  readonly acts: Acts;
  /** In force now. */
  readonly configuration: () => Configuration;
  readonly now: () => number;
}

const windowsOf = ({ services, ballast }: Configuration): Windows => [
  [null, ballast.scheduler.maintenance],
  ...[...services.values()].map(({ service, maintenance }) => [service, maintenance] as const),
];

export const peopleEndpoints = ({
  controls,
  acts,
  configuration,
  services,
  shown,
  now,
}: PeopleParts): readonly Endpoint[] => [
  ...maintenanceEndpoints({ controls, windows: () => windowsOf(configuration()), now, services, shown }),
  ...actEndpoints({ acts, services, shown }),
  ...modeEndpoints({ controls, policies: () => [...configuration().services.values()], shown, now }),
];
