import { formatDuration } from '../../config/units.js';
import type { Episode, Notifications, NotifyLevel, WebhookView } from '../../scheduler/client/index.js';
import type { Colour, Paint } from '../paint.js';
import { table } from '../table.js';
import { clockTime } from '../words.js';

const colours: Record<NotifyLevel, Colour> = { page: 'red', warn: 'yellow', info: 'grey' };
const rank: Record<NotifyLevel, number> = { page: 0, warn: 1, info: 2 };

export const webhooksTable = (webhooks: readonly WebhookView[], now: number, paint: Paint): string =>
  table(
    [
      { title: 'WEBHOOK', cell: ({ name }) => name },
      { title: 'HOST', cell: ({ host }) => host },
      { title: 'LEVELS', cell: ({ levels }) => levels.join(',') },
      { title: 'SIGNED', cell: ({ signed }) => (signed ? 'yes' : 'no') },
      { title: 'WAITING', cell: ({ waiting }) => String(waiting), align: 'right' },
      { title: 'DELIVERED', cell: ({ delivered }) => String(delivered), align: 'right' },
      { title: 'DROPPED', cell: ({ dropped }) => String(dropped), align: 'right' },
      { title: 'LAST', cell: ({ lastSuccess }) => (lastSuccess === null ? '-' : clockTime(lastSuccess, now)) },
      { title: 'TROUBLE', cell: ({ trouble }) => trouble ?? '-', colour: ({ trouble }) => (trouble ? 'red' : 'grey') },
    ],
    webhooks,
    paint,
  );

export const heartbeatLine = (heartbeat: Notifications['heartbeat'], now: number): string => {
  if (heartbeat === null) return 'heartbeat: none is configured';
  const { host, everyMs, lastSuccess, trouble } = heartbeat;
  const last = lastSuccess === null ? 'never sent' : `sent ${clockTime(lastSuccess, now)}`;
  return `heartbeat: to ${host} every ${formatDuration(everyMs)}, ${last}${trouble === null ? '' : `; ${trouble}`}`;
};

/** Most urgent first. */
export const episodesTable = (episodes: readonly Episode[], now: number, paint: Paint): string =>
  table(
    [
      { title: 'LEVEL', cell: ({ level }) => level, colour: ({ level }) => colours[level] },
      { title: 'SINCE', cell: ({ since }) => clockTime(since, now) },
      { title: 'TOLD', cell: ({ messages }) => String(messages), align: 'right' },
      { title: 'WHAT', cell: ({ text }) => text },
    ],
    [...episodes].sort((a, b) => rank[a.level] - rank[b.level] || a.since - b.since),
    paint,
  );
