/**
 * The vocabulary of the scheduler's stages: the world as one immutable snapshot, and what `decide` makes of it.
 * world -> decide -> plan -> guard -> apply. Nothing here does I/O.
 */
import type { BallastConfig, InstanceId, ServiceName, ServicePolicy } from '../config/index.js';
import type { ConsulStatus, InstanceScore } from '../engine/client/index.js';
import type {
  Action,
  Controls,
  GatewayView,
  Identity,
  Ledger,
  Plan,
  ReasonCode,
  ServiceRecord,
  Step,
  Verdict,
  Wisher,
} from './client/index.js';

/** An instance in Consul's catalog, validated. */
export interface CatalogEntry {
  readonly id: InstanceId;
  readonly node: { readonly name: string; readonly address: string };
  readonly address: string;
  readonly port: number;
  readonly meta: Readonly<Record<string, string>>;
  readonly consul: ConsulStatus;
}

export type CatalogState =
  /** Nothing received yet: not the same as an empty list. */
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'live'; readonly at: number; readonly entries: readonly CatalogEntry[] }
  /** The last good list, kept because discovery fails, or lost too many at once (`shrink`). */
  | {
      readonly kind: 'held';
      readonly at: number;
      readonly entries: readonly CatalogEntry[];
      readonly why: string;
      readonly shrink: {
        readonly from: number;
        readonly to: number;
        readonly seen: number;
        readonly needed: number;
      } | null;
    };

/** The engine's scores of one service, with what is needed to tell their age on our clock. */
export interface ScoresState {
  /** False: the engine did not answer yet, or not lately (`ageMs` then grows). */
  readonly received: boolean;
  /** Since the engine's answer, on the monotonic clock. */
  readonly ageMs: number;
  readonly engineNow: number;
  readonly ready: boolean;
  readonly instances: ReadonlyMap<InstanceId, InstanceScore>;
}

/** What the runtime says of an instance, freshly asked. */
export type RuntimeFact =
  | {
      readonly kind: 'one';
      readonly identity: Identity;
      readonly running: boolean;
      readonly at: number;
      /** Steps that the runtime cannot do to this one, and why. */
      readonly unable?: Partial<Readonly<Record<Step, string>>>;
    }
  | { readonly kind: 'none'; readonly why: string; readonly at: number }
  | { readonly kind: 'ambiguous'; readonly why: string; readonly at: number }
  /** The runtime could not be asked: refuses. */
  | { readonly kind: 'unreadable'; readonly why: string; readonly at: number };

/** How the runtime's part of a step in flight ended; absent from the map: not started by this process, or not over. */
export type StepResult =
  | { readonly kind: 'done'; readonly text: string }
  /** "Already so" (304, 404, 409): look again. */
  | { readonly kind: 'look-again'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string };

/** `at`: when the answer came; what was seen of the process before that says nothing about it. */
export type EndedStep = StepResult & { readonly at: number };

export interface ServiceWorld {
  readonly policy: ServicePolicy;
  readonly catalog: CatalogState;
  readonly scores: ScoresState;
  /** Null: could not be read; then no healing. */
  readonly ledger: Ledger | null;
  readonly runtime: ReadonlyMap<InstanceId, RuntimeFact>;
}

export interface LeadState {
  readonly held: boolean;
  /** The leader key's ModifyIndex at acquisition; only rises. */
  readonly token: number | null;
  readonly heldSince: number | null;
  /** Since the last confirmed renewal, on the monotonic clock. */
  readonly confirmedAgoMs: number | null;
  readonly why: string;
}

export interface World {
  readonly services: readonly ServiceWorld[];
  readonly lead: LeadState;
  readonly gateway: GatewayView | null;
  /** Null: the controls could not be read; then no healing. */
  readonly controls: Controls | null;
  /** Results of runtime steps by action id. */
  readonly stepResults: ReadonlyMap<string, EndedStep>;
}

/** What `decide` remembers between steps, by service. Hydrated from KV by a new leader. */
export interface Memory {
  readonly services: ReadonlyMap<ServiceName, ServiceRecord>;
}

/** What the edge must do. Everything else is data for people. */
export type Command =
  /** Compare-and-set the action into the ledger (new, next phase, or closed) before anything that it names. */
  | { readonly do: 'ledger'; readonly action: Action }
  /** Ask the runtime for the step; only once the ledger holds phase `stepping` under our token. */
  | { readonly do: 'step'; readonly action: Action }
  /** See to what a replacement left behind; only once the ledger holds it closed. As often as wanted. */
  | { readonly do: 'tidy'; readonly action: Action }
  /** Ask the runtime who this instance is now. */
  | { readonly do: 'look'; readonly service: ServiceName; readonly instance: InstanceId };

/** Something that happened or was held back; becomes a journal line. */
export interface Event {
  readonly kind: 'traffic' | 'heal' | 'refusal' | 'system' | 'human';
  readonly service: ServiceName | null;
  readonly instance: InstanceId | null;
  readonly action: string | null;
  readonly code: ReasonCode;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Decision {
  readonly plan: Plan;
  readonly memory: Memory;
  /** Services whose memory changed materially: their record must be written to KV. */
  readonly changed: readonly ServiceName[];
  readonly commands: readonly Command[];
  readonly events: readonly Event[];
}

/** The part of the configuration that concerns all services together. */
export type FleetPolicy = Pick<BallastConfig['scheduler'], 'maxActions' | 'maxConcurrent'> &
  Partial<Pick<BallastConfig['scheduler'], 'maintenance'>>;

/** How a service stands as a whole; what both powers count by. */
export interface Census {
  /** Declared, or the largest count seen lately; never the live count alone, which shrinks with the failure. */
  readonly desired: number;
  /** So many must stay in rotation, and so many others must be available to a healing. */
  readonly minimum: number;
  /** Null, or the numbers: over half of those that can be judged are unknown. */
  readonly blind: string | null;
  /** Null, or the numbers: too few of the known are green or yellow. */
  readonly panic: string | null;
  /** Green or yellow, passing, in rotation and not being healed. */
  readonly available: ReadonlySet<InstanceId>;
}

/** Healings in flight and of the last hour, over the whole fleet; keys are service and node names. */
export interface Tally {
  readonly openActions: number;
  readonly lastHour: number;
  readonly lastHourByNode: ReadonlyMap<string, number>;
  readonly openByService: ReadonlyMap<string, number>;
  readonly lastHourByService: ReadonlyMap<string, number>;
  /** Services whose ledger could not be read: then nobody knows the sums. */
  readonly unreadable: readonly string[];
}

/** Signs of a cause that many services share, the last of them at `at`. */
export interface Storm {
  readonly at: number;
  readonly text: string;
}

/** The step of the ladder that comes next. */
export interface Rung {
  readonly step: Step;
  /** Its place on the ladder, and its record. */
  readonly why: string;
  /** Null, or why none is left: the step named is only the last one. */
  readonly spent: string | null;
}

/** What a guardrail looks at: one proposed step on one instance, and everything known. */
export interface GuardContext {
  readonly now: number;
  readonly world: World;
  readonly service: ServiceWorld;
  readonly fleet: FleetPolicy;
  readonly record: ServiceRecord;
  readonly instance: InstanceId;
  /** The rung that is asked about. */
  readonly step: Step;
  /** Why no rung is left: the one that is asked about is only the last; null: it is the next. */
  readonly spent: string | null;
  readonly entry: CatalogEntry | null;
  readonly score: InstanceScore | null;
  readonly census: Census;
  /** Without `action`. */
  readonly tally: Tally;
  /** Null: none is remembered. */
  readonly storm: Storm | null;
  /** The action whose step is checked again; null: it is only proposed. */
  readonly action: Action | null;
  /** Who wants what is only proposed; Ballast itself unless it says so. */
  readonly by?: Wisher;
}

/** A guardrail is a pure predicate whose denial is the explanation, with its numbers. */
export type Guardrail = (context: GuardContext) => Verdict;

/** Every guardrail's verdict on one step. */
export type Judge = (context: GuardContext) => Verdict[];
