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
});
