import { expect } from 'chai';
import { z } from 'zod';
import { startEngineApi, type EngineApi } from '../../support/engine-api.js';

const documentSchema = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string(), summary: z.string() }))),
  components: z.object({ schemas: z.record(z.string(), z.looseObject({})) }),
});

describe('/v1/openapi.json of the engine', () => {
  let api: EngineApi;
  let document: z.infer<typeof documentSchema>;

  before(async () => {
    const notAsked = (): never => {
      throw new Error('only the description is asked for');
    };
    const past = { history: notAsked, span: notAsked, stepFor: notAsked, explainAt: notAsked };
    api = await startEngineApi([], { past, whatIf: { simulate: notAsked, now: notAsked, replay: notAsked } });
    document = documentSchema.parse(await (await fetch(`${api.server.url}/v1/openapi.json`)).json());
  });
  after(() => api.server.close());

  it('describes every route that is registered, and none that is not', () => {
    const registered = api.app.router.stack.flatMap(({ route }) =>
      route === undefined
        ? []
        : [...new Set(route.stack.map(({ method }) => method))].map(
            (method) => `${method} ${route.path.replaceAll(/[:*](\w+)/g, '{$1}')}`,
          ),
    );
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(described.sort()).to.deep.equal(registered.sort());
    expect(described).to.include('get /v1/scores/{service}/{instance}/history').and.to.include('post /v1/simulate');
  });

  it('refers only to what it defines, and names each operation once', () => {
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(references).to.include('InstanceScore');
    for (const name of references) expect(Object.keys(document.components.schemas)).to.include(name);
    expect(text).not.to.match(/"\$ref":"(?!#\/components\/schemas\/)/);
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((one) => one.operationId),
    );
    expect(new Set(ids).size).to.equal(ids.length);
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
