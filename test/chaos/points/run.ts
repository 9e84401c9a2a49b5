/** All deaths on one runtime, one after the other, on the same ground. */
import { together } from '../proof/index.js';
import type { Row } from '../trials/trial.js';
import { pointsOf, sampleOf } from './choose.js';
import type { Ground } from './ground.js';
import { type Death, type Heir, play, type Played } from './play.js';

/** By turns, and each point before and after with the same; every other call is another's to finish. */
const heirOf = (nth: number): Heir => (Math.floor(nth / 2) % 2 === 0 ? 'another' : 'itself');
const attempts = 2;

export interface PointsRun {
  readonly name: string;
  /** What is done to whom. */
  readonly healing: string;
  /** Only each so manieth point. */
  readonly every: number;
  readonly tell: (line: string) => void;
}

/** The order of calls that do not wait for each other is the machine's: what was not reached is tried again. */
const playUntilReached = async (ground: Ground, death: Death): Promise<Played> => {
  for (let attempt = 1; ; attempt++) {
    const played = await play(ground, death);
    if (played.died || attempt === attempts || played.wrong.length > 0) return played;
  }
};

const problemsOf = ({ call, moment }: NonNullable<Death['point']>, { wrong }: Played): readonly string[] =>
  wrong.map((what) => `${moment} ${call}: ${what}`);

/** A first run counts the calls; then a scheduler dies at each. */
export const runPoints = async (ground: Ground, { name, healing, every, tell }: PointsRun): Promise<Row> => {
  const from = performance.now();
  const first = await play(ground, { point: null, heir: 'itself', nth: 0 });
  const points = sampleOf(pointsOf(first.calls), every);
  const wrong = first.wrong.map((what) => `undisturbed: ${what}`);
  const plays: Played[] = [first];
  const unreached: string[] = [];
  let bad = 0;
  for (const [nth, point] of points.entries()) {
    const played = await playUntilReached(ground, { point, heir: heirOf(nth), nth });
    plays.push(played);
    if (!played.died) unreached.push(`${point.moment} ${point.call}`);
    if (played.wrong.length > 0) bad++;
    wrong.push(...problemsOf(point, played));
    const how = played.wrong.length > 0 ? 'WRONG' : played.died ? 'well' : 'not reached';
    const took = played.took.map((each) => each.toFixed(1)).join(' + ');
    tell(`${nth + 1} of ${points.length}: dies ${point.moment} ${point.call}: ${how} (${took} s)`);
    if (played.wrong.length > 0) tell(played.wrong.join('; '));
  }
  const died = points.length - unreached.length;
  const notReached = unreached.length === 0 ? '' : `; not reached: ${unreached.join(', ')}`;
  const twice = plays.filter((played) => played.twice).length;
  const again = twice === 0 ? '' : `; asked twice in ${twice}`;
  const sum = (of: (played: Played) => number): number => plays.reduce((total, played) => total + of(played), 0);
  return {
    name,
    fault: `the scheduler is killed (SIGKILL) before each of its ${first.calls.length} calls while it ${healing}, and after each`,
    expected: `another takes over, or it is started again: ${ground.options.step.do === 'gentle' ? 'asked once, or twice where nobody could know' : 'one new process'}, one end, in rotation, the journal whole`,
    seen: [`${died - bad} of ${points.length} deaths ended so${again}${notReached}`, ...wrong].join('; '),
    ok: wrong.length === 0 && died > 0,
    wrong,
    errors: sum(({ errors }) => errors),
    requests: sum(({ requests }) => requests),
    seconds: Math.round((performance.now() - from) / 1000),
    story: plays.flatMap(({ wrong: found, story: told }) => (found.length > 0 ? told : [])),
    proven: together(plays.map(({ proven }) => proven)),
  };
};
