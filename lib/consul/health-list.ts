/** Lists of instances as they come from Consul: long ones are read in slices, and what else waits comes first in between. */
import { setImmediate as othersFirst } from 'node:timers/promises';
import { type HealthList, HealthReader, parseHealth } from './catalog.js';
import { digestInSlices } from './digest.js';
import { bracketsOf, piecesOf } from './pieces.js';
import type { Heard } from './watch.js';

/** Of bytes, or of what they were parsed to. Rejects if it is no list. */
export const readHealth = async (body: unknown): Promise<HealthList> => {
  if (!Buffer.isBuffer(body)) return parseHealth(body);
  const reader = new HealthReader();
  let isFirst = true;
  for (const piece of piecesOf(body)) {
    if (!isFirst) await othersFirst();
    isFirst = false;
    reader.add(JSON.parse(piece));
  }
  return reader.finish();
};

export const contentOf = ({ entries, dropped }: HealthList): Promise<string> =>
  digestInSlices([...entries, ...dropped]);

/** A list, and what it is compared with the next one by. */
export const hearHealth = async (body: unknown): Promise<Heard<HealthList>> => {
  const value = await readHealth(body);
  return { value, content: await contentOf(value) };
};

/** Read in no time. */
const shortBytes = 64 * 1024;

/** Throws if that is no list; of a long one it is only seen whether it begins and ends like one. */
export const glanceAtHealth = (body: unknown): void => {
  if (!Buffer.isBuffer(body)) parseHealth(body);
  else if (body.length > shortBytes) bracketsOf(body);
  else parseHealth(JSON.parse(body.toString()));
};
