import { z } from 'zod';
import { isoTime } from '../../lib/time.js';
import { instanceIdPattern, serviceNamePattern } from '../../config/index.js';

const name = serviceNamePattern.source.slice(1, -1);
const id = instanceIdPattern.source.slice(1, -1);
const canonical = new RegExp(`^(?:all|service/${name}|instance/${name}/${id})$`);

/**
 * `all`, `SERVICE` or `SERVICE/INSTANCE` as people write it, or the form that is kept (`service/…`, `instance/…/…`), made the
 * latter. Null: neither.
 */
export const canonicalScope = (text: string): string | null => {
  if (canonical.test(text)) return text;
  const parts = text.split('/');
  const form = parts.length === 1 ? `service/${text}` : `instance/${text}`;
  return canonical.test(form) ? form : null;
};

/** Body of `POST /v1/pause`. */
export const pauseRequestSchema = z.strictObject({
  scope: z.string().max(400),
  author: z.string().trim().min(1).max(200),
  reason: z.string().trim().min(1).max(1000),
  until: isoTime.nullable().default(null),
});
