import type { Express } from 'express';
import type { Endpoint } from '../../lib/http/endpoints.js';
import { serveDescribed } from '../../lib/http/openapi.js';
import { version } from '../../lib/version.js';
import * as wire from '../client/index.js';
import type { Gateway } from '../gateway/types.js';
import type { Journal } from '../journal/index.js';
import { approvalEndpoints, type ApprovalParts } from './approvals.js';
import { journalEndpoints } from './journal.js';
import { notificationEndpoints, type Telling } from './notifications.js';
import { pauseEndpoints } from './pauses.js';
import { previewEndpoint, type RunPreview } from './preview.js';
import { readEndpoints } from './reads.js';
import type { Subjects } from './subjects.js';

export interface ApiParts extends Subjects {
  readonly leader: () => wire.LeaderView;
  readonly gateway: Gateway | null;
  readonly journal: Pick<Journal, 'read' | 'actions'>;
  readonly verifyJournal: () => Promise<wire.JournalReport>;
  readonly pauses: {
    list(): readonly wire.Pause[];
    put(pause: wire.Pause): Promise<void>;
    /** False: there was none. */
    remove(scope: string, author: string): Promise<boolean>;
  };
  readonly planText: (plan: wire.Plan) => string;
  readonly now: () => number;
  readonly approvals?: Omit<ApprovalParts, 'shown'>;
  readonly preview?: RunPreview;
  /** What people may say and do beside pausing. */
  readonly people?: readonly Endpoint[];
  readonly telling?: Telling;
  /** What is said and done about the configuration. */
  readonly configuration?: readonly Endpoint[];
}

const about = {
  title: 'Ballast scheduler',
  version,
  description: 'What is decided of every instance, what is served, and what was done or held back.',
  schemas: {
    Reason: wire.reasonSchema,
    Verdict: wire.verdictSchema,
    PlannedServer: wire.plannedServerSchema,
    ServicePlan: wire.servicePlanSchema,
    Plan: wire.planSchema,
    HealProposal: wire.healProposalSchema,
    Proposals: wire.proposalsResponseSchema,
    Approval: wire.approvalSchema,
    Action: wire.actionSchema,
    Actions: wire.actionsResponseSchema,
    Breaker: wire.breakerSchema,
    Identity: wire.identitySchema,
    InstanceView: wire.instanceViewSchema,
    Instances: wire.instancesResponseSchema,
    UpstreamView: wire.upstreamViewSchema,
    JournalEntry: wire.journalEntrySchema,
    Journal: wire.journalResponseSchema,
    JournalReport: wire.journalReportSchema,
    Finding: wire.findingSchema,
    Leader: wire.leaderViewSchema,
    Pause: wire.pauseSchema,
    Pauses: wire.pausesResponseSchema,
    Maintenance: wire.maintenanceSchema,
    MaintenanceList: wire.maintenanceResponseSchema,
    Mode: wire.modeSchema,
    Modes: wire.modesResponseSchema,
    Notification: wire.notificationSchema,
    Episode: wire.episodeSchema,
    Notifications: wire.notificationsSchema,
    Drain: wire.drainSchema,
    Order: wire.orderSchema,
    Act: wire.actResponseSchema,
    Acts: wire.actsResponseSchema,
    Preview: wire.previewSchema,
  },
};

/** All that the scheduler serves; a file per group of resources. */
const endpointsOf = (parts: ApiParts): readonly Endpoint[] => [
  ...readEndpoints(parts),
  ...journalEndpoints(parts),
  ...pauseEndpoints(parts),
  ...(parts.approvals ? approvalEndpoints({ ...parts.approvals, shown: parts.shown }) : []),
  ...(parts.people ?? []),
  ...(parts.telling ? notificationEndpoints(parts.telling) : []),
  ...(parts.preview ? [previewEndpoint(parts.preview)] : []),
  ...(parts.configuration ?? []),
];

/** The scheduler's HTTP API. GET never changes anything; `/v1/openapi.json` is made of the same table. */
export const routes =
  (parts: ApiParts) =>
  (app: Express): void => {
    serveDescribed(app, endpointsOf(parts), about);
  };
