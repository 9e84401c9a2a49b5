import { didYouMean } from '../lib/spelling.js';
import { BallastError } from '../lib/errors.js';
import { usageError } from './exit.js';

export interface Named {
  readonly service: string;
  readonly instance: string;
}

/** `SERVICE/INSTANCE`, or `INSTANCE` where one service only has it. */
export const findInstance = (asked: string, known: readonly Named[]): Named => {
  const found = known.filter(({ service, instance }) => instance === asked || `${service}/${instance}` === asked);
  const [only, other] = found;
  if (only !== undefined && other === undefined) return { service: only.service, instance: only.instance };
  if (only !== undefined) {
    const choices = found.map(({ service, instance }) => `${service}/${instance}`);
    throw usageError(`${asked} is an instance of ${found.length} services`, `write one of ${choices.join(', ')}`);
  }
  const names = known.flatMap(({ service, instance }) => [instance, `${service}/${instance}`]);
  throw new BallastError('NOT_FOUND', `there is no instance "${asked}"`, {
    hint: didYouMean(asked, names) ?? 'ballast get instances -o name lists them',
  });
};

/** Whether a row is meant by `all` (or nothing), `SERVICE`, or `SERVICE/INSTANCE`. */
export const within = (
  scope: string | undefined,
  { service, instance }: { service: string; instance?: string },
): boolean => scope === undefined || scope === 'all' || scope === service || scope === `${service}/${instance ?? ''}`;
