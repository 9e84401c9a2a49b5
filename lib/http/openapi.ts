/** OpenAPI 3.1 from the same table and schemas that serve, validate and encode. */
import type { Express } from 'express';
import { z } from 'zod';
import { serve, type Content, type Endpoint, type EndpointDescription } from './endpoints.js';
import { problemSchema } from './problem.js';

export interface About {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** Schemas with a name of their own; whatever is made of them refers to it. */
  readonly schemas: Readonly<Record<string, z.ZodType>>;
}

type Json = Readonly<Record<string, unknown>>;

/** Answered by every server of ours: see `createApp`. */
export const probes: readonly EndpointDescription[] = [
  {
    method: 'get',
    path: '/-/healthy',
    summary: 'Whether the process answers',
    answer: { kind: 'json', schema: z.object({ name: z.string(), version: z.string(), healthy: z.literal(true) }) },
  },
  {
    method: 'get',
    path: '/-/ready',
    summary: 'Whether it does its work, and what is wrong; 503 while it does not yet',
    answer: {
      kind: 'json',
      schema: z.object({ name: z.string(), version: z.string(), ready: z.boolean(), why: z.string() }),
    },
    also: { 503: 'not ready' },
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'What it says of itself, for Prometheus',
    answer: {
      kind: 'text',
      type: 'text/plain',
      example: 'ballast_score{service="checkout",instance="checkout-7f3c"} 97',
    },
  },
];

const pathParameters = (path: string): readonly string[] =>
  [...path.matchAll(/[:*]([A-Za-z]+)/g)].map(([, name = '']) => name);

const parameters = ({ path, query = {} }: EndpointDescription): readonly Json[] => [
  ...pathParameters(path).map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
  ...Object.entries(query).map(([name, description]) => {
    return { name, in: 'query', description, schema: { type: 'string' } };
  }),
];

const operationId = ({ method, path }: EndpointDescription): string =>
  [method, ...path.split(/[^A-Za-z0-9]+/).filter((part) => part !== '' && part !== 'v1')]
    .map((part, nth) => (nth === 0 ? part : part.charAt(0).toUpperCase() + part.slice(1)))
    .join('');

const always: Readonly<Record<string, string>> = {
  400: 'a parameter is not understood',
  401: 'tokens are configured, and none of them was sent',
};

/** Our own words for a schema, without the address of its dialect: the document names it once. */
const plain = ({ $schema: _, $id: __, ...rest }: Json): Json => rest;

const reference = (id: string): string => `#/components/schemas/${id}`;

const statuses = (table: Readonly<Record<string, string>>, of: (when: string) => Json): Json =>
  Object.fromEntries(Object.entries(table).map(([status, when]) => [status, of(when)]));

/** The document. Schemas describe the wire, not the program: times are texts. */
export const openApi = (endpoints: readonly (EndpointDescription | Endpoint)[], about: About): Json => {
  const named = new Map<z.ZodType, string>(
    [...Object.entries(about.schemas), ['Problem', problemSchema] as const].map(([id, schema]) => [schema, id]),
  );
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of named) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: reference });
  const schemaOf = (schema: z.ZodType): Json => {
    const id = named.get(schema);
    return id === undefined ? plain(z.toJSONSchema(schema, { io: 'input' })) : { $ref: reference(id) };
  };
  const content = (of: Content): Json =>
    of.kind === 'json'
      ? { 'application/json': { schema: schemaOf(of.schema) } }
      : { [of.type]: { schema: { type: 'string' }, example: of.example } };
  const problem = (description: string): Json => ({
    description,
    content: { 'application/problem+json': { schema: schemaOf(problemSchema) } },
  });
  const operation = (endpoint: EndpointDescription): Json => ({
    operationId: operationId(endpoint),
    summary: endpoint.summary,
    parameters: parameters(endpoint),
    ...(endpoint.body && { requestBody: { required: true, content: content(endpoint.body) } }),
    responses: {
      ...statuses({ [endpoint.status ?? 200]: endpoint.summary, ...endpoint.also }, (description) => {
        return {
          description,
          content: { ...content(endpoint.answer), ...(endpoint.otherwise && content(endpoint.otherwise)) },
        };
      }),
      ...statuses({ ...always, ...endpoint.problems }, problem),
    },
  });
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/[:*]([A-Za-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method]: operation(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: { title: about.title, version: about.version, description: about.description },
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)])),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{}, { token: [] }],
  };
};

/** Serves the endpoints, and at `/v1/openapi.json` what they are. */
export const serveDescribed = (app: Express, endpoints: readonly Endpoint[], about: About): void => {
  const self: Endpoint = {
    method: 'get',
    path: '/v1/openapi.json',
    summary: 'This description',
    answer: { kind: 'json', schema: z.looseObject({ openapi: z.string() }) },
    handle: (_req, res) => void res.json(description),
  };
  const description = openApi([...probes, ...endpoints, self], about);
  serve(app, [...endpoints, self]);
};
