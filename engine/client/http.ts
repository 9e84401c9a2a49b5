import type { HttpClient } from '../../lib/http/client.js';
import { whatIfSchema, type WhatIf, type WhatIfRequest } from './what-if.js';
import { explanationSchema, scoresResponseSchema, type Explanation, type ScoresResponse } from './wire.js';

/** The engine as others see it. Every method rejects with a BallastError that names the URL. */
export interface EngineClient {
  /** With an index: waits up to `waitMs` for a material change, then answers in any case. */
  scores(
    after: { readonly index: number; readonly waitMs: number } | null,
    signal: AbortSignal,
  ): Promise<{ value: ScoresResponse; index: number }>;
  explain(service: string, instance: string): Promise<Explanation>;
  /** The scores that service files would give now. */
  whatIf(request: WhatIfRequest): Promise<WhatIf>;
}

export const createEngineClient = (http: HttpClient): EngineClient => ({
  scores: async (after, signal) => {
    const query = after ? { index: String(after.index), wait: `${Math.max(1, Math.round(after.waitMs / 1000))}s` } : {};
    const { value, index } = await http.get('/v1/scores', scoresResponseSchema, { query, signal });
    return { value, index: index ?? 0 };
  },
  explain: async (service, instance) => {
    const path = `/v1/scores/${encodeURIComponent(service)}/${encodeURIComponent(instance)}/explain`;
    return (await http.get(path, explanationSchema)).value;
  },
  whatIf: async (body) => (await http.send('POST', '/v1/what-if', whatIfSchema, { body })).value,
});
