/**
 * From what is wrong now to what is said about it: one episode each, opened, updated when something material happened in it,
 * and closed. Pure: the same troubles, memory and moment give the same messages.
 */
import type { Episode, Notification } from '../client/index.js';
import { gatherInto, summarise } from './gather.js';
import { closing, messageOf } from './message.js';
import type { Ending, Folded, NotifyMemory, Teller, Trouble } from './model.js';
import { higher, lasted } from './words.js';

/** Keys of facts that an episode remembers; older ones cannot come again. */
const maxFacts = 50;

export const fold = (
  memory: NotifyMemory,
  troubles: readonly Trouble[],
  ending: Ending,
  teller: Teller,
  now: number,
): Folded => {
  const episodes = new Map<string, Episode>();
  const pending = new Map<string, number>();
  const messages: Notification[] = [];
  let gathered: Pick<NotifyMemory, 'gathered' | 'gatheredSince'> = memory;
  const say = (
    trouble: Pick<Trouble, 'notify'>,
    episode: Episode,
    text: string,
    message: () => Notification,
  ): Episode => {
    if (trouble.notify === 'summary' && episode.level !== 'page' && episode.messages === 0) {
      gathered = gatherInto(gathered, text, now);
      return episode;
    }
    messages.push(message());
    return { ...episode, messages: episode.messages + 1 };
  };
  const seen = new Map(troubles.map((trouble) => [trouble.key, trouble]));
  for (const trouble of troubles) {
    const known = memory.episodes.get(trouble.key);
    const isSame = known !== undefined && (trouble.since === null || trouble.since === known.since);
    if (known && !isSame) end(known, 'it began anew', now);
    if (isSame) episodes.set(trouble.key, goOn(known, trouble));
    else if (isDue(trouble)) episodes.set(trouble.key, open(trouble));
  }
  for (const episode of memory.episodes.values()) if (!seen.has(episode.key)) leave(episode);
  const summary = summarise(gathered, teller, now);
  return {
    memory: { episodes, pending, ...summary.left },
    messages: [...messages, ...summary.messages],
  };

  /** Not before it lasted long enough, nor while something larger is told. */
  function isDue({ key, afterMs, within }: Trouble): boolean {
    const since = memory.pending.get(key) ?? now;
    if (now - since >= afterMs && (within === null || !seen.has(within))) return true;
    pending.set(key, since);
    return false;
  }

  function open(trouble: Trouble): Episode {
    const since = trouble.since ?? memory.pending.get(trouble.key) ?? now;
    const level = trouble.facts.reduce((top, fact) => higher(top, fact.level), trouble.level);
    const { key, about, code, text, command } = trouble;
    const facts = trouble.facts.map((fact) => fact.key);
    const episode: Episode = {
      ...{ id: `${key}/${since}`, key, about, code, since, level, text, command },
      ...{ facts, messages: 0, goneSince: null },
    };
    return say(trouble, episode, text, () => messageOf('opened', episode, trouble, trouble.facts, teller, now));
  }

  function goOn(known: Episode, trouble: Trouble): Episode {
    const news = trouble.facts.filter(({ key }) => !known.facts.includes(key));
    const { text, code, command } = trouble;
    const level = news.reduce((top, fact) => higher(top, fact.level), higher(known.level, trouble.level));
    const facts = [...known.facts, ...news.map(({ key }) => key)].slice(-maxFacts);
    const episode: Episode = { ...known, text, code, command, level, facts, goneSince: null };
    if (news.length === 0 && level === known.level) return episode;
    const event = known.messages === 0 ? 'opened' : 'updated';
    const told = news.map((fact) => fact.text).join('; ');
    return say(trouble, episode, told === '' ? text : `${text}; ${told}`, () =>
      messageOf(event, episode, trouble, news, teller, now),
    );
  }

  /** Not over before it was gone for a while. */
  function leave(episode: Episode): void {
    const goneSince = episode.goneSince ?? now;
    if (now - goneSince >= quietOf(episode)) end(episode, ending(episode), goneSince);
    else episodes.set(episode.key, { ...episode, goneSince });
  }

  function end(episode: Episode, how: string, at: number): void {
    const text = `${episode.key.replace(/^-\//, '')}: resolved after ${lasted(at - episode.since)}: ${how}`;
    const notify = episode.messages === 0 ? 'summary' : 'each';
    say({ notify }, { ...episode, level: episode.messages === 0 ? 'info' : episode.level }, text, () =>
      closing(episode, text, teller, now),
    );
  }
};

/** Services and the fleet come back too easily; an instance has proven itself before its trouble ends. */
const quietOf = ({ about, key }: Episode): number => {
  if (about.kind === 'instance' || key.endsWith('/FALLEN') || key === '-/STORM') return 0;
  return about.kind === 'service' ? 60_000 : 30_000;
};
