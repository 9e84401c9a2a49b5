import type { Api } from '../api.js';
import type { Io } from '../io.js';
import { painter } from '../paint.js';
import type { Paint } from '../paint.js';
import { render } from '../output.js';
import type { Format, View } from '../output.js';

/** What every command that asks the services has in hand. */
export interface Context {
  readonly io: Io;
  readonly api: Api;
  readonly paint: Paint;
}

export const contextOf = (io: Io, api: Api): Context => ({ io, api, paint: painter(io.colour) });

/** Prints rows as data, and says beside it when there are none. */
export const print = <T>({ io, paint }: Context, view: View<T>, rows: readonly T[], format: Format): void => {
  io.out(render(view, rows, format, paint));
  if (rows.length === 0) io.err(`${view.empty}\n`);
};
