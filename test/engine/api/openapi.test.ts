import { expect } from 'chai';
import { z } from 'zod';
import { startEngineApi, type EngineApi } from '../../support/engine-api.js';
import { described, flaws, readDocument, referred, registered, type Document } from '../../support/openapi.js';

describe('/v1/openapi.json of the engine', () => {
  let api: EngineApi;
  let document: Document;

  before(async () => {
    const notAsked = (): never => {
      throw new Error('only the description is asked for');
    };
    const past = { history: notAsked, span: notAsked, stepFor: notAsked, explainAt: notAsked };
    api = await startEngineApi([], { past, whatIf: { simulate: notAsked, now: notAsked, replay: notAsked } });
    document = await readDocument(api.server.url);
  });
  after(() => api.server.close());

  it('describes every route that is registered, and none that is not', () => {
    expect(described(document)).to.deep.equal(registered(api.app));
    expect(described(document))
      .to.include('get /v1/scores/{service}/{instance}/history')
      .and.to.include('post /v1/simulate');
  });

  it('refers only to what it defines, and names each operation once', () => {
    expect(referred(document)).to.include('InstanceScore');
    expect(flaws(document)).to.deep.equal([]);
  });

  it('describes the wire: times are texts, fields are those of the schema', () => {
    const score = document.components.schemas['InstanceScore'];
    expect(score).to.have.nested.property('properties.zoneSince.type', 'string');
    expect(score).to.have.nested.property('properties.zone.enum').that.includes('red');
    expect(score).to.have.property('required').that.includes('coverage');
  });

  it('names parameters of paths and queries', () => {
    const parameters = document.paths['/v1/scores/{service}']?.['get']?.['parameters'];
    const names = z.array(z.object({ name: z.string(), in: z.string() })).parse(parameters);
    expect(names.map((each) => `${each.in} ${each.name}`)).to.deep.equal([
      'path service',
      'query index',
      'query wait',
      'query filter',
    ]);
  });
});
