/** Engine and scheduler as the commands see them: typed reads, and errors that say what to do. */
import { z } from 'zod';
import { explanationSchema, historySchema, replayLineSchema, scoresResponseSchema } from '../engine/client/index.js';
import type {
  Explanation,
  HistoryResponse,
  ReplayLine,
  ReplayRequest,
  ScoresResponse,
} from '../engine/client/index.js';
import { BallastError } from '../lib/errors.js';
import { createClient } from '../lib/http/client.js';
import type { HttpClient } from '../lib/http/client.js';
import {
  actionsResponseSchema,
  approvalSchema,
  instancesResponseSchema,
  journalReportSchema,
  journalResponseSchema,
  leaderViewSchema,
  notificationsSchema,
  pauseSchema,
  pausesResponseSchema,
  planSchema,
  previewSchema,
  testResultSchema,
  proposalsResponseSchema,
} from '../scheduler/client/index.js';
import type {
  Action,
  Approval,
  HealProposal,
  InstanceView,
  JournalEntry,
  JournalReport,
  LeaderView,
  Notifications,
  Pause,
  Plan,
  Preview,
  PreviewRequest,
  TestResult,
} from '../scheduler/client/index.js';
import { createConfigApi, type ConfigApi } from './config-api.js';
import { usageError } from './exit.js';
import { createPeopleApi, type PeopleApi } from './people-api.js';

export interface Addresses {
  readonly engine: string;
  readonly scheduler: string;
  readonly token: string | null;
}

/** Times in epoch milliseconds; metrics: names with commas between, or `*`. */
export interface HistoryQuery {
  readonly start: number;
  readonly end: number;
  readonly step: string;
  readonly metrics: string | undefined;
}

export interface JournalQuery {
  readonly service?: string;
  readonly instance?: string;
  readonly after?: number;
  readonly limit: number;
}

export interface PauseRequest {
  readonly scope: string;
  readonly author: string;
  readonly reason: string;
  readonly until: string | null;
}

export interface WordRequest {
  readonly author: string;
  readonly reason: string;
  readonly dryRun: boolean;
}

/** Every method rejects with a BallastError that names the service and its URL. */
export interface Api {
  /** Only instances that satisfy the filter, when one is given. */
  scores(filter?: string): Promise<ScoresResponse>;
  /** Of a past time when `at` is given. */
  explain(service: string, instance: string, at?: number): Promise<Explanation>;
  history(of: { readonly service: string; readonly instance: string }, query: HistoryQuery): Promise<HistoryResponse>;
  instances(): Promise<readonly InstanceView[]>;
  plan(): Promise<Plan>;
  planText(): Promise<string>;
  proposals(): Promise<readonly HealProposal[]>;
  /** By its id or its instance; rejects with the guardrail's code and status 409 where one stands in the way. */
  decide(says: 'approve' | 'veto', asked: string, by: WordRequest): Promise<Approval>;
  actions(limit: number): Promise<readonly Action[]>;
  journal(query: JournalQuery): Promise<readonly JournalEntry[]>;
  verifyJournal(): Promise<JournalReport>;
  notifications(): Promise<Notifications>;
  /** To one webhook, or to all. */
  testNotification(webhook?: string): Promise<TestResult>;
  leader(): Promise<LeaderView>;
  pauses(): Promise<readonly Pause[]>;
  pause(request: PauseRequest): Promise<Pause>;
  resume(scope: string, author: string): Promise<void>;
  readonly people: PeopleApi;
  readonly config: ConfigApi;
  preview(request: PreviewRequest): Promise<Preview>;
  replay(request: ReplayRequest, onLine: (line: ReplayLine) => void, signal: AbortSignal): Promise<void>;
}

const timeoutMs = 10_000;

type Part = 'engine' | 'scheduler';

const helpful = (part: Part, url: string, error: unknown): unknown => {
  if (!(error instanceof BallastError)) return error;
  if (error.code === 'UNREACHABLE' || error.code === 'TIMEOUT') {
    const hint = `start it with: ballast ${part} run --config DIR; or say where it is by --${part} URL or BALLAST_${part.toUpperCase()}_URL`;
    return new BallastError(error.code, `the ${part} cannot be reached: ${error.message}`, { hint, cause: error });
  }
  if (error.status === 401) {
    return new BallastError(error.code, `the ${part} at ${url} refuses: ${error.message}`, {
      status: 401,
      hint: 'set BALLAST_TOKEN to one of its tokens',
    });
  }
  return error;
};

const urlOf = (part: Part, text: string): string => {
  if (URL.canParse(text) && /^https?:/.test(text)) return text.replace(/\/+$/, '');
  throw usageError(`--${part} "${text}" is no URL`, 'write it like http://127.0.0.1:7070');
};

/** A client whose errors name the service. */
const connect = (part: Part, address: string, token: string | null): HttpClient => {
  const baseUrl = urlOf(part, address);
  const http = createClient({ baseUrl, token, timeoutMs });
  const told = (error: unknown): never => {
    throw helpful(part, baseUrl, error);
  };
  return {
    get: (path, schema, options) => http.get(path, schema, options).catch(told),
    send: (method, path, schema, options) => http.send(method, path, schema, options).catch(told),
    lines: (path, schema, onLine, options) => http.lines(path, schema, onLine, options).catch(told),
  };
};

const segment = encodeURIComponent;

export const createApi = ({ engine: engineUrl, scheduler: schedulerUrl, token }: Addresses): Api => {
  const engine = connect('engine', engineUrl, token);
  const scheduler = connect('scheduler', schedulerUrl, token);
  return {
    scores: async (filter) => (await engine.get('/v1/scores', scoresResponseSchema, { query: { filter } })).value,
    explain: async (service, instance, at) => {
      const query = at === undefined ? {} : { at: new Date(at).toISOString() };
      const path = `/v1/scores/${segment(service)}/${segment(instance)}/explain`;
      return (await engine.get(path, explanationSchema, { query })).value;
    },
    history: async ({ service, instance }, { start, end, step, metrics }) => {
      const query = { start: new Date(start).toISOString(), end: new Date(end).toISOString(), step, metrics };
      const path = `/v1/scores/${segment(service)}/${segment(instance)}/history`;
      return (await engine.get(path, historySchema, { query })).value;
    },
    instances: async () => (await scheduler.get('/v1/instances', instancesResponseSchema)).value.instances,
    plan: async () => (await scheduler.get('/v1/plan', planSchema)).value,
    planText: async () => (await scheduler.get('/v1/plan', z.string(), { accept: 'text/plain' })).value,
    proposals: async () => (await scheduler.get('/v1/proposals', proposalsResponseSchema)).value.proposals,
    decide: async (says, asked, { dryRun, ...body }) => {
      const query = dryRun ? { dry_run: '' } : {};
      return (await scheduler.send('POST', `/v1/actions/${segment(asked)}/${says}`, approvalSchema, { body, query }))
        .value;
    },
    actions: async (limit) =>
      (await scheduler.get('/v1/actions', actionsResponseSchema, { query: { limit } })).value.actions,
    journal: async (query) =>
      (await scheduler.get('/v1/journal', journalResponseSchema, { query: { ...query } })).value.entries,
    verifyJournal: async () =>
      (await scheduler.get('/v1/journal/verify', journalReportSchema, { timeoutMs: 120_000 })).value,
    notifications: async () => (await scheduler.get('/v1/notifications', notificationsSchema)).value,
    testNotification: async (webhook) =>
      (
        await scheduler.send('POST', '/v1/notifications/test', testResultSchema, {
          body: webhook === undefined ? {} : { webhook },
          timeoutMs: 30_000,
        })
      ).value,
    leader: async () => (await scheduler.get('/v1/leader', leaderViewSchema)).value,
    pauses: async () => (await scheduler.get('/v1/pause', pausesResponseSchema)).value.pauses,
    pause: async (body) => (await scheduler.send('POST', '/v1/pause', pauseSchema, { body })).value,
    resume: async (scope, author) => {
      await scheduler.send('DELETE', '/v1/pause', z.unknown(), { query: { scope, author } });
    },
    people: createPeopleApi(scheduler),
    config: createConfigApi({ engine, scheduler }),
    preview: async (body) => (await scheduler.send('POST', '/v1/plan/preview', previewSchema, { body })).value,
    replay: (body, onLine, signal) => engine.lines('/v1/replay', replayLineSchema, onLine, { body, signal }),
  };
};
