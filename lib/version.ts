import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from './paths.js';

const manifest = z.object({ version: z.string() });

/** Version of the installed package. */
export const { version } = manifest.parse(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')));
