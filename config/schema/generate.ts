/** Writes the JSON Schemas that editors use. Run it after a change of the schemas: `node dist/config/schema/generate.js`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { packageRoot } from '../../lib/paths.js';
import { ballastFile } from './ballast.js';
import { presetFile } from './preset.js';
import { serviceFile } from './service.js';

const files = {
  'ballast.json': { title: 'Ballast', schema: ballastFile },
  'service.json': { title: 'A service of Ballast', schema: serviceFile },
  'preset.json': { title: 'A preset of Ballast', schema: presetFile },
} as const;

/** Short lists on one line, as the formatter wants them. */
const pretty = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replaceAll(/\[\n\s+((?:"[^"\n]*"(?:,\n\s+)?)+)\n\s+\]/g, (_, items: string) => `[${items.replaceAll(/,\n\s+/g, ', ')}]`)}\n`;

/** The schemas as text, by file name. They describe what is written, before units are parsed. */
export const jsonSchemas = (): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(files).map(([name, { title, schema }]) => [
      name,
      pretty({ title, ...z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) }),
    ]),
  );

export const schemaFolder = join(packageRoot, 'config', 'schema');

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [name, text] of jsonSchemas()) writeFileSync(join(schemaFolder, name), text);
}
