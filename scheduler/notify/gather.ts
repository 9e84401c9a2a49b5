/** The summary of services with `heal.notify: summary`: what happened in an interval, in one message. */
import type { Notification } from '../client/index.js';
import { linksOf } from './message.js';
import type { NotifyMemory, Teller } from './model.js';
import { lasted } from './words.js';

type Gathered = Pick<NotifyMemory, 'gathered' | 'gatheredSince'>;

/** The newest sentences; how many there were stands in the first. */
const maxLines = 200;
const shownLines = 50;

export const gatherInto = ({ gathered, gatheredSince }: Gathered, text: string, now: number): Gathered => ({
  gathered: [...gathered, text].slice(-maxLines),
  gatheredSince: gatheredSince ?? now,
});

export const summarise = (
  { gathered, gatheredSince }: Gathered,
  teller: Teller,
  now: number,
): { readonly left: Gathered; readonly messages: readonly Notification[] } => {
  if (gatheredSince === null || now - gatheredSince < teller.summaryMs)
    return { left: { gathered, gatheredSince }, messages: [] };
  const count = gathered.length === maxLines ? `${maxLines} or more things` : `${gathered.length} things`;
  const episode = `summary/${gatheredSince}`;
  const message: Notification = {
    version: 1,
    id: `${episode}#1`,
    episode,
    event: 'summary',
    level: 'info',
    at: now,
    since: gatheredSince,
    about: { kind: 'fleet', service: null, instance: null, owner: null },
    code: null,
    text: `${count} happened within ${lasted(now - gatheredSince)} in services that are summed up`,
    news: gathered.slice(-shownLines),
    numbers: { sentences: gathered.length },
    verdicts: [],
    links: linksOf(teller.link, null, null),
    command: 'ballast journal tail --limit 50',
    scheduler: { node: teller.node, token: teller.token },
  };
  return { left: { gathered: [], gatheredSince: null }, messages: [message] };
};
