/** `ballast drain|restore|gentle|restart|replace INSTANCE`: done by hand, and watched until it is over. */
import type { ActName, ActResponse, Action, JournalEntry } from '../../scheduler/client/index.js';
import { exit, type ExitCode } from '../exit.js';
import { jsonText } from '../output.js';
import { reasonText } from '../words.js';
import type { Context } from './context.js';
import { endOf, isoOf, reasonOf, untilWords, type Lasting } from './saying.js';

export interface ActOptions extends Lasting {
  readonly reason?: string;
  readonly author?: string;
  /** Another word for `--for`, which fits a step better. */
  readonly deadline?: string;
  readonly dryRun: boolean;
  readonly force?: boolean;
  readonly detach: boolean;
  readonly cas?: string;
  readonly key?: string;
  readonly output: 'table' | 'json';
}

const everyMs = 1_000;

const verdictLines = ({ verdicts }: ActResponse): string =>
  verdicts.map((verdict) => `  ${verdict.allowed ? 'ok  ' : 'HOLD'}  ${reasonText(verdict)}\n`).join('');

const shown = ({ io }: Context, answer: ActResponse, { output }: ActOptions): void => {
  if (output === 'json') io.out(jsonText(answer));
  else if (answer.dryRun) io.out(verdictLines(answer));
};

const accepted = (act: ActName, { drain, order, service, instance }: ActResponse, now: number): string => {
  const it = `${service}/${instance}`;
  if (act === 'restore') return `${it} is taken back: it is judged anew, and its weight rises with time`;
  if (drain) return `${it} is to be drained${untilWords(drain.until, now)}; back again by: ballast restore ${it}`;
  return order ? `${act} of ${it} is ordered, to begin${untilWords(order.until, now)}` : `${act} of ${it} was ordered`;
};

export const act = async (
  context: Context,
  name: ActName,
  instance: string,
  options: ActOptions,
): Promise<ExitCode> => {
  const { api, io } = context;
  const now = io.clock.now();
  const { deadline, ...lasting } = options;
  const until = isoOf(endOf(deadline === undefined ? lasting : { ...lasting, for: deadline }, now));
  const seen = (await api.journal({ limit: 1 })).at(-1)?.seq ?? 0;
  const answer = await api.people.act(name, instance, {
    body: { author: options.author ?? io.user, reason: reasonOf(options.reason, 'it is told'), until },
    forced: options.force === true,
    dryRun: options.dryRun,
    cas: options.cas,
    key: options.key,
  });
  shown(context, answer, options);
  if (answer.dryRun) {
    io.err(`nothing was done: a dry run; it ${answer.allowed ? 'would be done' : 'would be refused'}\n`);
    return answer.allowed ? exit.fine : exit.refused;
  }
  io.err(`${accepted(name, answer, now)}\n`);
  return options.detach ? exit.fine : watch(context, answer, seen);
};

interface Look {
  readonly news: readonly JournalEntry[];
  /** Null: it goes on. */
  readonly ended: ExitCode | null;
}

const orderEnd = (
  order: NonNullable<ActResponse['order']>,
  actions: readonly Action[],
  now: number,
): ExitCode | null => {
  const action = actions.find(({ by }) => by.kind === 'human' && by.order === order.id);
  if (action) return action.outcome === null ? null : action.outcome === 'verified' ? exit.fine : exit.failed;
  // A moment more, so that its end can be told by the leader.
  return now > order.until + 5 * everyMs ? exit.refused : null;
};

const look = async ({ api, io }: Context, answer: ActResponse, after: number): Promise<Look> => {
  const { service, instance, order } = answer;
  const [instances, actions, news] = await Promise.all([
    api.instances(),
    order ? api.actions(200) : [],
    api.journal({ service, instance, after, limit: 100 }),
  ]);
  if (order) return { news, ended: orderEnd(order, actions, io.clock.now()) };
  const row = instances.find((one) => one.service === service && one.instance === instance);
  if (answer.act === 'drain') return { news, ended: row?.lifecycle === 'out' ? exit.fine : null };
  return { news, ended: row === undefined || row.reasons[0]?.code !== 'DRAINED' ? exit.fine : null };
};

/** Tells what happens until it is over. Ctrl-C ends the telling, not what is told of. */
const watch = async (context: Context, answer: ActResponse, from: number): Promise<ExitCode> => {
  const { io } = context;
  if (answer.id !== null && answer.order === null) return exit.fine;
  let after = from;
  while (!io.signal.aborted) {
    const { news, ended } = await look(context, answer, after);
    for (const { seq, code, text } of news) {
      io.err(`  ${code === null ? '' : `${code} `}${text}\n`);
      after = Math.max(after, seq);
    }
    if (ended !== null) return finish(context, answer, ended);
    await io.clock.sleep(everyMs, io.signal).catch(() => undefined);
  }
  io.err(`detached: it goes on; ballast explain ${answer.service}/${answer.instance} says how far it is\n`);
  return exit.fine;
};

const finish = ({ io }: Context, { act: name, service, instance }: ActResponse, code: ExitCode): ExitCode => {
  const it = `${service}/${instance}`;
  const words: Readonly<Record<number, string>> = {
    [exit.fine]:
      name === 'drain' ? `${it} is out and drained` : name === 'restore' ? `${it} is back` : `${it}: verified`,
    [exit.failed]: `${it}: ${name} did not help, or could not be done: ballast explain ${it}`,
    [exit.refused]: `${it}: ${name} was not begun in time: ballast explain ${it}`,
  };
  io.err(`${words[code] ?? ''}\n`);
  return code;
};
