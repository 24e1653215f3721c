import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ulid } from 'ulid';
import { type AccountStore, openAccount } from '#services/charging/account-store.ts';
import {
  type BalanceChange,
  changeBalance,
  changeBalances,
  reverse,
} from '#services/charging/balance-store.ts';
import { captureHold, extendHold, placeHold, releaseHold } from '#services/charging/hold-store.ts';
import { wireCharging } from '#services/charging/wiring.ts';
import { toExactJson } from '#shared/domain/exact-json.ts';
import type { LedgerEvent } from '#shared/domain/ledger-event.ts';
import { shardOf } from '#shared/domain/shard.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import { fingerprintOf } from '#shared/platform/receipts.ts';
import type { ChargeEngine, Emit } from '../../bench/rivals/charge-engine.ts';
import type { Answer, Request } from './requests.ts';
import { hookAws, hookRedis } from './steps.ts';
import { type EngineName, wrongEngine } from './wrong-engines.ts';

export type AnswerAll = (requests: readonly Request[]) => Promise<Answer[]>;

/** What answers the calls of a charging process: Tollgate, or a rival by its name. */
export function engineOf(name: EngineName): AnswerAll {
  const { accounts } = wireCharging();
  hookRedis(accounts.redis);
  if (name === 'tollgate') return (requests) => answerCall(accounts, requests);
  const engine = wrongEngine(name, accounts.redis, emitTo(accounts.shards));
  return (requests) => Promise.all(requests.map((request) => answerWith(engine, request)));
}

const COMMON = {
  currency: 'USD',
  occurredAtMs: Date.parse('2026-11-09T08:00:00Z'),
};
const METERED = {
  ...COMMON,
  meter: 'requests',
  day: '2026-11-09',
  quantityMicros: 1_000_000n,
} as const;

async function answerCall(store: AccountStore, requests: readonly Request[]): Promise<Answer[]> {
  const [first] = requests;
  if (requests.length > 1) {
    const changes = requests.map((request) => toChange(request as Charge));
    const outcomes = await changeBalances(store, changes);
    return outcomes.map((outcome) =>
      outcome instanceof Error ? toFailure(outcome) : toAnswer(outcome),
    );
  }
  try {
    return [await answerOne(store, first as Request)];
  } catch (error) {
    return [toFailure(error)];
  }
}

type Charge = Extract<Request, { kind: 'charge' | 'top_up' }>;

function toChange(request: Charge): BalanceChange {
  const { client, id, amountMicros } = request;
  const named = { id, client, amountMicros, fingerprint: fingerprintOf(amountMicros) };
  return request.kind === 'charge'
    ? { event: { kind: 'charge', ...METERED, ...named }, isUpTo: request.isUpTo }
    : { event: { kind: 'top_up', ...COMMON, ...named } };
}

async function answerOne(store: AccountStore, request: Request): Promise<Answer> {
  const { client, id } = request;
  const fingerprint = fingerprintOf(client);
  switch (request.kind) {
    case 'opening': {
      const { kind, amountMicros } = request;
      const { type } = await openAccount(store, { kind, id, client, amountMicros, ...COMMON });
      if (type === 'opened' || type === 'exists') return { type: 'done', values: [] };
      return { type: 'refused', reason: type };
    }
    case 'charge':
    case 'top_up':
      return toAnswer(await changeBalance(store, toChange(request)));
    case 'hold': {
      const { kind, amountMicros, lifetimeMs } = request;
      const event = { kind, id, client, amountMicros, fingerprint, ...COMMON };
      return toAnswer(await placeHold(store, event, lifetimeMs));
    }
    case 'capture': {
      const { kind, holdId, amountMicros, isUpTo, isFinal } = request;
      const event = { kind, id, client, holdId, amountMicros, fingerprint, ...METERED };
      return toAnswer(await captureHold(store, event, { isUpTo, isFinal }));
    }
    case 'release': {
      const { occurredAtMs } = COMMON;
      const event = {
        kind: request.kind,
        id,
        client,
        holdId: request.holdId,
        fingerprint,
        occurredAtMs,
      };
      return toAnswer(await releaseHold(store, event));
    }
    case 'extension': {
      const { kind, holdId, lifetimeMs } = request;
      const { occurredAtMs } = COMMON;
      const event = { kind, id, client, holdId, amountMicros: 0n, fingerprint, occurredAtMs };
      return toAnswer(await extendHold(store, event, lifetimeMs));
    }
    case 'reversal': {
      const { kind, reversedId, chargedMicros, amountMicros } = request;
      const event = {
        ...{ kind, id, client, reversedId, reversedKind: 'charge' as const, fingerprint },
        ...METERED,
        amountMicros: chargedMicros,
      };
      return toAnswer(await reverse(store, { event, amountMicros }));
    }
  }
}

type AnyOutcome =
  | {
      type: 'done' | 'repeated';
      recordedAtMs: number;
      balanceMicros: bigint;
      values: readonly string[];
    }
  | { type: string };

function toAnswer(outcome: AnyOutcome): Answer {
  if (!('balanceMicros' in outcome)) return { type: 'refused', reason: outcome.type };
  const { recordedAtMs, balanceMicros, values } = outcome;
  return { type: 'done', recordedAtMs, balanceMicros, values };
}

function toFailure(error: unknown): Answer {
  const isExpected = error instanceof ProblemError && error.code === 'unavailable';
  const cause = isExpected ? error.extras.cause : error;
  return { type: isExpected ? 'unavailable' : 'broken', reason: String(cause) };
}

async function answerWith(engine: ChargeEngine, request: Request): Promise<Answer> {
  if (request.kind !== 'charge') throw new Error(`A rival knows no ${request.kind}`);
  try {
    const { client, id, amountMicros } = request;
    const { isAuthorized, balanceMicros } = await engine.charge(client, id, amountMicros);
    if (!isAuthorized) return { type: 'refused', reason: 'insufficient_balance' };
    return { type: 'done', values: [], ...(balanceMicros !== undefined && { balanceMicros }) };
  } catch (error) {
    return { type: 'unavailable', reason: String(error) };
  }
}

/** Sends the event of a rival as a batch of its own, as the relay does with those of an outbox. */
function emitTo(shards: number): Emit {
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  hookAws(sqs);
  return async ({ account, id, amountMicros, balanceMicros }) => {
    await sendEvent(sqs, process.env.CONSUMPTION_QUEUE_URL as string, shards, {
      ...{ kind: 'charge', id, client: account, amountMicros, balanceMicros, ...METERED },
      recordedAtMs: Date.now(),
    });
  };
}

/** What the relay would have sent of an opening. */
export function openingEvent(client: string, amountMicros: bigint): LedgerEvent {
  const balance = { amountMicros, balanceMicros: amountMicros };
  return {
    kind: 'opening',
    id: 'opening',
    client,
    ...COMMON,
    ...balance,
    recordedAtMs: Date.now(),
  };
}

export async function sendEvent(
  sqs: SQSClient,
  queueUrl: string,
  shards: number,
  event: LedgerEvent,
) {
  const batch = { batch: ulid(), shard: shardOf(event.client, shards), events: [event] };
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: toExactJson(batch) }));
}
