/** What an app says of itself in `/v1/openapi.json`, beside what it serves. */
import type { Express } from 'express';
import { z } from 'zod';

export const documentSchema = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string(), summary: z.string() }))),
  components: z.object({ schemas: z.record(z.string(), z.looseObject({})) }),
});
export type Document = z.infer<typeof documentSchema>;

export const readDocument = async (url: string): Promise<Document> =>
  documentSchema.parse(await (await fetch(`${url}/v1/openapi.json`)).json());

/** `get /v1/plan`, of every route that the app has. */
export const registered = (app: Express): readonly string[] =>
  app.router.stack
    .flatMap(({ route }) =>
      route === undefined
        ? []
        : [...new Set(route.stack.map(({ method }) => method))].map(
            (method) => `${method} ${route.path.replaceAll(/[:*](\w+)/g, '{$1}')}`,
          ),
    )
    .sort();

export const described = ({ paths }: Document): readonly string[] =>
  Object.entries(paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
    .sort();

/** Schemas that something refers to. */
export const referred = (document: Document): readonly string[] =>
  [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name);

/** References that lead to nothing, and operation ids that stand twice. */
export const flaws = (document: Document): readonly string[] => {
  const known = Object.keys(document.components.schemas);
  const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
  return [
    ...referred(document).filter((name) => !known.includes(name)),
    ...(JSON.stringify(document).match(/"\$ref":"(?!#\/components\/schemas\/)[^"]*"/g) ?? []),
    ...ids.filter((id, nth) => ids.indexOf(id) !== nth),
  ];
};
