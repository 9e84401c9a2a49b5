import type { Episode, Notification } from '../client/index.js';
import type { Fact, Teller, Trouble } from './model.js';

/** `link`: without a slash at its end. */
export const linksOf = (link: string, service: string | null, instance: string | null): Notification['links'] => {
  const about = Object.entries({ service, instance }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  const query = about.length > 0 ? `?${about.join('&')}` : '';
  return { scheduler: `${link}/`, plan: `${link}/v1/plan`, journal: `${link}/v1/journal${query}` };
};

const base = (
  event: Notification['event'],
  { id, level, since, about, code, messages, command }: Episode,
  { link, node, token }: Teller,
  now: number,
): Omit<Notification, 'text' | 'news' | 'numbers' | 'verdicts'> => ({
  version: 1,
  id: `${id}#${messages + 1}`,
  episode: id,
  event,
  level,
  at: now,
  since,
  about,
  code,
  links: linksOf(link, about.service, about.instance),
  command,
  scheduler: { node, token },
});

export const messageOf = (
  event: 'opened' | 'updated',
  episode: Episode,
  { text, numbers, verdicts }: Trouble,
  news: readonly Fact[],
  teller: Teller,
  now: number,
): Notification => ({
  ...base(event, episode, teller, now),
  text,
  news: news.map((fact) => fact.text),
  numbers: { ...numbers },
  verdicts: [...verdicts],
});

export const closing = (episode: Episode, text: string, teller: Teller, now: number): Notification => ({
  ...base('resolved', episode, teller, now),
  text,
  news: [],
  numbers: {},
  verdicts: [],
});
