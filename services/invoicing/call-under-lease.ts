import type { HistoryEntry, InvoiceItem } from '#services/packaging/public.ts';
import {
  type Answer,
  afterAnswer,
  type NextStep,
  type RetryPolicy,
  sameCallsAtEnd,
} from '#shared/domain/invoice.ts';
import { log } from '#shared/platform/log.ts';
import type { Clock } from './clock.ts';
import type { WorkDone } from './due-work.ts';
import type { InvoiceApi, OnSent } from './invoice-api-client.ts';
import { type InvoiceChange, type InvoiceStore, MAX_HISTORY } from './invoice-store.ts';
import type { Errand, GrantedPermit, Permit, SendBudget } from './send-budget.ts';

/** What the loops of invoicing work with. */
export interface InvoicingTools {
  readonly store: InvoiceStore;
  readonly budget: SendBudget;
  readonly api: InvoiceApi;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly policy: RetryPolicy;
  readonly leaseMs: number;
}

/** One call to the invoice API, and what it means for the invoice. */
export interface LeasedCall {
  readonly call: 'submit' | 'look_up' | 'poll';
  /** The state under the lease. Should this process die, whoever finds the lease run out goes on from here. */
  readonly state: 'sending' | 'unknown' | 'submitted';
  readonly attempts: number;
  /** The state to go back to if the call is not made after all, and its attempts. */
  readonly otherwise: { readonly state: InvoiceItem['state']; readonly attempts: number };
  /** What is to be noted of the time before the lease. */
  readonly entry?: HistoryEntry;
  readonly ask: (onSent: OnSent) => Promise<Answer>;
}

/** Between the end of a call and the end of its lease, for the answer to be written down. */
export const LEASE_MARGIN_MS = 2_000;
const REST_WITHOUT_REDIS_MS = 1_000;

/**
 * Takes the lease of `item`, waits for a permit, calls the invoice API and writes down its answer, all
 * before the lease ends. Without a permit in time the invoice goes back as it was. A lease lost to someone
 * else leaves everything to them.
 */
export async function callUnderLease(
  tools: InvoicingTools,
  item: InvoiceItem,
  leasedCall: LeasedCall,
  deadlineMs: number,
): Promise<WorkDone> {
  const { store, budget, clock, api, leaseMs } = tools;
  const { call, state, attempts, otherwise, entry, ask } = leasedCall;
  const lastCallAtMs = clock.elapsedMs() + leaseMs - api.timeoutMs - LEASE_MARGIN_MS;
  const startedAtMs = clock.nowMs();
  const kept = { ...(item.detail !== undefined && { detail: item.detail }) };
  const lease = await store.change(item, {
    ...{ state, attempts, nowMs: startedAtMs, dueAtMs: startedAtMs + leaseMs, ...kept },
    ...(entry && { entry }),
  });
  if (lease.type === 'lease_lost') return { outcome: 'lease_lost' };

  const byMs = Math.min(lastCallAtMs, deadlineMs);
  const permit = await takePermit(tools, { invoice: item.id, version: lease.item.version, byMs });
  const isTooLate = clock.elapsedMs() > lastCallAtMs;
  if (permit.granted && isTooLate) await giveBack(tools, permit);
  if (!permit.granted || isTooLate) {
    if (!permit.granted && permit.isLeaseLost) return { outcome: 'lease_lost' };
    const pauseMs = permit.granted ? 0 : permit.retryInMs;
    // Due as before: its place among the others is not its fault.
    const dueAtMs = Math.min(Number(item.dueAtMs), clock.nowMs());
    await store.change(lease.item, { ...otherwise, ...kept, nowMs: clock.nowMs(), dueAtMs });
    return { outcome: 'no_permit', pauseMs };
  }

  const calledAtMs = clock.elapsedMs();
  const answer = await ask((isOnNewConnection) => budget.sent(permit, isOnNewConnection));
  const latencyMs = Math.round(clock.elapsedMs() - calledAtMs);
  const tries = { attempts, sameCalls: sameCallsOf(lease.item, call) };
  const next = afterAnswer(state, answer, tries, tools.policy, tools.random());
  const [written] = await Promise.all([
    store.change(lease.item, changeTo(next, answer, call, latencyMs, clock.nowMs())),
    report(tools, permit, answer, latencyMs),
  ]);
  if (written.type === 'lease_lost') return { outcome: 'lease_lost' };
  note(item.id, call, answer, next);
  const end = next.state === 'accepted' || next.state === 'parked' ? next.state : undefined;
  return { outcome: `${call}_${answer.type}`, ...(end && { end }) };
}

/** A history that is full does not tell: it has been long enough for the longest pause. */
function sameCallsOf({ history }: InvoiceItem, call: HistoryEntry['call']): number {
  return history.length < MAX_HISTORY ? sameCallsAtEnd(history, call) : MAX_HISTORY;
}

/** Without Redis there is no budget, and without a budget nothing is sent. */
async function takePermit({ budget }: InvoicingTools, errand: Errand): Promise<Permit> {
  try {
    return await budget.take(errand);
  } catch (error) {
    log.warn('send-budget', { error: error as Error });
    return { granted: false, retryInMs: REST_WITHOUT_REDIS_MS };
  }
}

async function giveBack({ budget }: InvoicingTools, permit: GrantedPermit): Promise<void> {
  try {
    await budget.giveBack(permit);
  } catch (error) {
    log.warn('send-budget', { error: error as Error });
  }
}

/** An answer counts whether or not the budget hears of it. */
async function report(
  { budget }: InvoicingTools,
  permit: GrantedPermit,
  answer: Answer,
  latencyMs: number,
): Promise<void> {
  try {
    const breaker = await budget.report(permit, { answer, latencyMs });
    if (!breaker) return;
    const reason = 'detail' in answer ? answer.detail : undefined;
    log.warn('breaker', { breaker, answer: answer.type, reason, invoice: permit.invoice });
  } catch (error) {
    log.warn('send-budget', { error: error as Error });
  }
}

function changeTo(
  next: NextStep,
  answer: Answer,
  call: HistoryEntry['call'],
  latencyMs: number,
  nowMs: number,
): InvoiceChange {
  return {
    state: next.state,
    attempts: next.attempts,
    dueAtMs: nowMs + next.dueInMs,
    nowMs,
    entry: {
      atMs: BigInt(Math.round(nowMs)),
      call,
      answer: answer.type,
      ...('detail' in answer && { detail: answer.detail }),
      latencyMs: BigInt(latencyMs),
    },
    ...(next.parkReason && { reason: next.parkReason }),
    ...(next.detail !== undefined && { detail: next.detail }),
  };
}

/** One line for what someone may have to look into; the rest is counted. */
function note(id: string, call: string, answer: Answer, next: NextStep): void {
  if (next.state !== 'parked' && answer.type !== 'denied') return;
  log.warn('invoice', { id, call, answer: answer.type, state: next.state, detail: next.detail });
}
