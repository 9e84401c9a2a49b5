/** Service files written, removed and brought back. */
import type { Response } from 'express';
import { z } from 'zod';
import type { Outcome } from '../../../config/edit/index.js';
import * as wire from '../../../config/wire.js';
import { textOf } from '../../../lib/http/body.js';
import { json, text, type Endpoint } from '../../../lib/http/endpoints.js';
import { etagOf } from '../../../lib/http/preconditions.js';
import { editOf, serviceName, yamlTypes, type ConfigurationOptions } from './request.js';

const answer = async (
  options: ConfigurationOptions,
  res: Response,
  outcome: Outcome,
  dryRun: boolean,
): Promise<void> => {
  const { service, file, text: content, created, version, changes, warnings, policy } = outcome;
  const etag = content === null ? null : etagOf(content);
  const whatIf = dryRun && options.whatIf ? { whatIf: await options.whatIf(service, policy) } : {};
  const { added, changed, removed } = changes;
  if (etag !== null && !dryRun) res.set('ETag', etag);
  res.status(created && !dryRun ? 201 : 200).json(
    z.encode(wire.editSchema, {
      ...{ service, file, etag, version, done: !dryRun },
      changes: { added: [...added], changed: [...changed], removed: [...removed] },
      warnings: [...warnings],
      ...whatIf,
    }),
  );
};

const example = 'service: checkout\npreset: spring-boot\n';
const editQuery = {
  author: 'who changes it; X-Ballast-Author may say so too',
  reason: 'why; X-Ballast-Reason may say so too',
  dry_run: 'say what would be, and change nothing',
};
const editProblems = {
  409: 'other files of the folder are refused, and have to be mended first',
  412: 'it was changed since, or is there already; `etag` tells its state',
  428: 'it is there: If-Match is needed',
};

export const edits = (options: ConfigurationOptions): readonly Endpoint[] => [
  {
    method: 'put',
    path: '/v1/config/services/:service',
    summary: 'Writes a service file, as the text that is sent (YAML or JSON), and puts it in force',
    query: editQuery,
    body: text(example, 'application/yaml'),
    answer: json(wire.editSchema),
    also: { 201: 'the service had no file before' },
    problems: { ...editProblems, 415: 'neither YAML nor JSON', 422: 'refused; `problems` lists all that is wrong' },
    handle: async (req, res) => {
      const service = serviceName(req);
      const edit = editOf(req);
      const content = await textOf(req, res, yamlTypes);
      await answer(options, res, await options.editor.put(service, content, edit), edit.dryRun);
    },
  },
  {
    method: 'delete',
    path: '/v1/config/services/:service',
    summary: 'Removes a service file; its versions stay',
    query: editQuery,
    answer: json(wire.editSchema),
    problems: { ...editProblems, 404: 'no file speaks of that service' },
    handle: async (req, res) => {
      const edit = editOf(req);
      await answer(options, res, await options.editor.remove(serviceName(req), edit), edit.dryRun);
    },
  },
  {
    method: 'post',
    path: '/v1/config/services/:service/rollback',
    summary: 'Writes the text of an earlier version; If-Match is heeded where it is sent',
    query: editQuery,
    body: json(wire.rollbackSchema),
    answer: json(wire.editSchema),
    problems: {
      ...editProblems,
      404: 'no such version',
      422: 'that text is refused today',
      503: 'the versions cannot be read now',
    },
    handle: async (req, res) => {
      const service = serviceName(req);
      const { version, ...who } = wire.rollbackSchema.parse(req.body ?? {});
      const edit = editOf(req, who);
      await answer(options, res, await options.editor.rollback(service, version, edit), edit.dryRun);
    },
  },
];
