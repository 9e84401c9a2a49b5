import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchemas, schemaFolder } from '../../config/schema/generate.js';

describe('the JSON Schemas that editors use', () => {
  for (const [name, text] of jsonSchemas()) {
    it(`${name} is what the schemas say (else: node dist/config/schema/generate.js)`, () => {
      expect(readFileSync(join(schemaFolder, name), 'utf8')).to.equal(text);
    });
  }

  for (const [folder, file, schema] of [
    ['.', 'ballast.yaml', 'ballast.json'],
    ['services', 'checkout.yaml.example', 'service.json'],
  ] as const) {
    it(`${schema} is named in the first line of ${file}`, () => {
      const path = join(schemaFolder, '..', folder);
      const [, named = ''] =
        /^# yaml-language-server: \$schema=(.+)\n/.exec(readFileSync(join(path, file), 'utf8')) ?? [];
      expect(join(path, named)).to.equal(join(schemaFolder, schema));
    });
  }
});
