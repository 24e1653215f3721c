import type { InvoiceItem } from '#services/packaging/public.ts';
import type { Answer } from '#shared/domain/invoice.ts';
import type { InvoicingTools } from '../call-under-lease.ts';
import type { Clock } from '../clock.ts';
import type { LoopSettings } from '../due-work.ts';
import type { BudgetStatus, GrantedPermit, SendBudget } from '../send-budget.ts';
import { type MemoryStore, memoryStore } from './memory-store.ts';
import { virtualClock } from './virtual-clock.ts';

export const PERMIT: GrantedPermit = {
  ...{ granted: true, id: 'permit', invoice: '2026-11-H1.1.acme', forUs: 0, forMs: 0 },
};

/** A budget at rest. */
export const CLOSED: BudgetStatus = {
  nowMs: 0,
  breaker: { state: 'closed', sinceMs: 0, reason: '', nextTryAtMs: 0 },
  blockedUntilMs: 0,
  ...{ allowedPerSecond: 50, currentPerSecond: 50, measuredPerSecond: 0 },
  ...{ allowedPlaces: 32, currentPlaces: 32, placesInUse: 0 },
};

/** A budget that always grants. */
export const freeBudget: SendBudget = {
  take: async ({ invoice }) => ({ ...PERMIT, invoice }),
  sent: () => {},
  giveBack: async () => {},
  report: async () => undefined,
  outlook: async () => ({ waitMs: 0, isProbe: false }),
  status: async () => CLOSED,
  resume: async () => CLOSED,
};

export interface Script {
  readonly submit?: readonly Answer[];
  readonly lookUp?: readonly Answer[];
}

/** Tools around a store in memory and an API that answers as scripted, and remembers its calls. */
export function scriptedTools(
  items: readonly InvoiceItem[],
  script: Script,
  changes: Partial<InvoicingTools> = {},
): InvoicingTools & {
  readonly store: MemoryStore;
  readonly calls: string[];
  readonly clock: Clock;
} {
  const calls: string[] = [];
  const clock = changes.clock ?? virtualClock();
  const left = { submit: [...(script.submit ?? [])], lookUp: [...(script.lookUp ?? [])] };
  async function answer(kind: 'submit' | 'lookUp', id: string): Promise<Answer> {
    calls.push(`${kind} ${id}`);
    await clock.sleep(100);
    const next = left[kind].shift();
    if (!next) throw new Error(`no answer is scripted for ${kind} ${id}`);
    return next;
  }
  return {
    budget: freeBudget,
    api: {
      timeoutMs: 8_000,
      submit: (invoice) => answer('submit', invoice.id),
      lookUp: (id) => answer('lookUp', id),
    },
    random: () => 1,
    policy: { maxAttempts: 3, baseDelayMs: 2_000, maxDelayMs: 60_000, pollDelayMs: 5_000 },
    leaseMs: 30_000,
    ...changes,
    store: (changes.store as MemoryStore | undefined) ?? memoryStore(items),
    clock,
    calls,
  };
}

export function loopFor(clock: Clock, seconds: number, idleMs = 0): LoopSettings {
  return { concurrency: 4, deadlineMs: clock.elapsedMs() + seconds * 1_000, idleMs };
}
