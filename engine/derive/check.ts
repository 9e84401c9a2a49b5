import type { ServicePolicy } from '../../config/index.js';
import { BallastError } from '../../lib/errors.js';
import { compileService } from './compile.js';

/** What makes the queries of a service unusable together, though each can be read. Null: they can be used. */
export const checkService = (
  policy: ServicePolicy,
): { readonly message: string; readonly hint: string | null } | null => {
  try {
    compileService(policy);
    return null;
  } catch (error) {
    if (!(error instanceof BallastError)) throw error;
    return { message: error.message, hint: error.hint };
  }
};
