/** Service files over HTTP: read, tried, written, removed, and brought back. */
import type { Endpoint } from '../../../lib/http/endpoints.js';
import { edits } from './edits.js';
import { reads } from './reads.js';
import type { ConfigurationOptions } from './request.js';

export const configurationEndpoints = (options: ConfigurationOptions): readonly Endpoint[] => [
  ...reads(options),
  ...edits(options),
];
