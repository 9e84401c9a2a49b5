/** What was done to the fleet, by what its processes say and not by what the scheduler thinks. */
import { askedOf, type CrashMember, processOf } from './fleet.js';
import type { Ground } from './ground.js';

export interface Before {
  readonly process: string | null;
  /** How often it was asked to mend itself. */
  readonly asked: number;
}

export type Fleet = ReadonlyMap<string, Before>;

export const lookAround = async ({ fleet: { members } }: Ground): Promise<Fleet> => {
  const found = await Promise.all(members.map(async (member) => [member.id, await lookAt(member)] as const));
  return new Map(found);
};

const lookAt = async (member: CrashMember): Promise<Before> => ({
  process: await processOf(member),
  asked: await askedOf(member).catch(() => 0),
});

export interface Done {
  readonly wrong: readonly string[];
  /** Of a gentle step: asked once more by the next leader, who could not know. */
  readonly twice: boolean;
}

/**
 * A restart or a replacement makes exactly one new process, of the sick one. A gentle step makes none, and asks the sick one
 * once; twice only where nobody could know of the first time: its scheduler died between the request and writing that down.
 */
export const whatWasDone = async (
  ground: Ground,
  before: Fleet,
  sick: CrashMember,
  mayAskTwice: boolean,
): Promise<Done> => {
  const isGentle = ground.options.step.do === 'gentle';
  const begun = await ground.fleet.begun();
  const wanted = isGentle ? [] : [sick.id];
  const wrong =
    begun.join() === wanted.join()
      ? []
      : [`new processes: ${begun.join() || 'none'}, wanted ${wanted.join() || 'none'}`];
  const now = await lookAround(ground);
  for (const { id } of ground.fleet.members) {
    const isNew = now.get(id)?.process !== before.get(id)?.process;
    if (isNew !== wanted.includes(id)) wrong.push(`${id} is ${isNew ? 'another' : 'the same'} process`);
  }
  const asked = ground.fleet.members.map(({ id }) =>
    isGentle ? (now.get(id)?.asked ?? 0) - (before.get(id)?.asked ?? 0) : 0,
  );
  const times = asked[ground.fleet.members.indexOf(sick)] ?? 0;
  const isRight = times === (isGentle ? 1 : 0) || (isGentle && mayAskTwice && times === 2);
  if (!isRight || asked.reduce((sum, each) => sum + each, 0) !== times)
    wrong.push(`asked to mend themselves: ${asked.join(', ')} times`);
  return { wrong, twice: times > 1 };
};
