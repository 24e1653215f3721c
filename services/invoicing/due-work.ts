import type { InvoiceItem } from '#services/packaging/public.ts';
import type { InvoiceState } from '#shared/domain/invoice.ts';
import { log } from '#shared/platform/log.ts';
import type { Clock } from './clock.ts';
import { BATCH, createDueQueue, isDue } from './due-queue.ts';
import { type DueInvoice, type InvoiceKey, type InvoiceStore, nameOf } from './invoice-store.ts';
import type { Outlook } from './send-budget.ts';

/** What came of one piece of work; with a pause, nothing new is begun for so long. */
export interface WorkDone {
  readonly outcome: string;
  /** What the work has led the invoice to, where it has ended. */
  readonly end?: 'accepted' | 'parked';
  readonly pauseMs?: number;
}

export interface DueWork {
  readonly store: Pick<InvoiceStore, 'dueIn' | 'get'>;
  readonly states: readonly InvoiceState[];
  /** Is given what is due and in one of the states. */
  readonly work: (item: InvoiceItem) => Promise<WorkDone>;
  /** What may be begun at all. */
  readonly outlook: () => Promise<Outlook>;
}

export interface LoopSettings {
  readonly concurrency: number;
  /** By the clock's `elapsedMs`: nothing is begun after it, and what was begun ends soon after. */
  readonly deadlineMs: number;
  /** Ends when there has been nothing left, now or before the deadline, for so long; 0: at once. */
  readonly idleMs: number;
}

export interface WorkSummary {
  readonly accepted: number;
  readonly parked: number;
  /** How often each outcome came about. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** How long ago the oldest invoice was packaged that was due and did not come to rest; 0 without any. */
  readonly oldestUnfinishedMs: number;
}

const MAX_IDLE_MS = 1_000;
/** After a round that led nowhere, since the index lags behind or everything is under way. */
const REST_MS = 100;
/** A longer pause is not slept through: a person may have ended it. */
const MAX_PAUSE_MS = 2_000;
const MAX_FAILURES = 5;
/** So few left of a batch make the next one be looked for. */
const LOW = BATCH / 2;

/**
 * Works off what is due, in the order of the due queue, `concurrency` at a time, until the deadline. Counts the
 * outcomes. A piece of work that throws is counted as `failed` and comes again when it is due; a source that
 * keeps failing ends the loop with its error.
 */
export async function workWhileDue(
  { store, states, work, outlook }: DueWork,
  { concurrency, deadlineMs, idleMs }: LoopSettings,
  clock: Clock,
): Promise<WorkSummary> {
  const outcomes: Record<string, number> = {};
  const ends = { accepted: 0, parked: 0 };
  const underWay = new Map<string, Promise<void>>();
  /** When what was due and is not at rest was packaged. */
  const unfinished = new Map<string, number>();
  const queue = createDueQueue(store, states);
  let pausedUntilMs = 0;
  let failures = 0;
  /** How much may be under way: one piece of work while it is to be found out whether the API is back. */
  let width = concurrency;
  let refilling: Promise<void> | undefined;
  let nextInMs: number | undefined;
  let idleSinceMs: number | undefined;

  const leftMs = () => deadlineMs - clock.elapsedMs();
  const rest = (durationMs: number) => clock.sleep(Math.min(durationMs, Math.max(leftMs(), 0)));

  /** Whether nothing is left, and has not been for `idleMs`. */
  function isIdle(): boolean {
    if (nextInMs !== undefined && nextInMs < leftMs()) {
      idleSinceMs = undefined;
      return false;
    }
    idleSinceMs ??= clock.elapsedMs();
    return clock.elapsedMs() - idleSinceMs >= idleMs;
  }

  async function workOn(key: InvoiceKey): Promise<WorkDone> {
    const item = await store.get(key);
    if (!item || !states.includes(item.state) || !isDue(Number(item.dueAtMs), clock.nowMs())) {
      return { outcome: 'not_due' };
    }
    // Before the work, which may throw: what cannot be worked on is what gets late.
    unfinished.set(nameOf(key), Number(item.packagedAtMs));
    const done = await work(item);
    if (done.end) unfinished.delete(nameOf(key));
    return done;
  }

  function begin(key: DueInvoice): void {
    const name = nameOf(key);
    const done = workOn(key)
      .catch((error: unknown): WorkDone => {
        log.error('invoice-work', { ...key, error: error as Error });
        return { outcome: 'failed', pauseMs: REST_MS };
      })
      .then(({ outcome, end, pauseMs = 0 }) => {
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (end) ends[end] += 1;
        pausedUntilMs = Math.max(pausedUntilMs, clock.elapsedMs() + pauseMs);
        underWay.delete(name);
      });
    underWay.set(name, done);
    idleSinceMs = undefined;
  }

  async function lookForWork(): Promise<void> {
    const { waitMs, isProbe } = await outlook();
    pausedUntilMs = Math.max(pausedUntilMs, clock.elapsedMs() + waitMs);
    if (waitMs > 0) return;
    nextInMs = await queue.fill(clock.nowMs(), (name) => underWay.has(name));
    width = isProbe ? 1 : concurrency;
    if (isProbe) queue.cut(1);
  }

  /** Never two at once; a failure is taken for a pause until there are too many in a row. */
  function refill(): Promise<void> {
    refilling ??= lookForWork()
      .then(
        () => {
          failures = 0;
        },
        (error: unknown) => {
          failures += 1;
          if (failures === MAX_FAILURES) throw error;
          log.warn('invoice-work', { failures, error: error as Error });
          pausedUntilMs = clock.elapsedMs() + MAX_IDLE_MS;
        },
      )
      .finally(() => {
        refilling = undefined;
      });
    // Whoever waits for it has the error; while nobody does, the next one fails as well.
    refilling.catch(() => {});
    return refilling;
  }

  try {
    while (leftMs() > 0) {
      const pauseMs = pausedUntilMs - clock.elapsedMs();
      if (pauseMs > 0) {
        // What is in the queue will have changed by then.
        queue.cut(0);
        if (pauseMs >= leftMs()) break;
        await rest(Math.min(pauseMs, MAX_PAUSE_MS));
        if (pauseMs > MAX_PAUSE_MS) {
          pausedUntilMs = 0;
          await refill();
        }
      } else if (underWay.size >= width) {
        await Promise.race(underWay.values());
      } else {
        const key = queue.next();
        if (key) {
          begin(key);
          if (width > 1 && queue.size < LOW) refill();
          continue;
        }
        await refill();
        if (queue.size > 0 || pausedUntilMs > clock.elapsedMs()) continue;
        if (underWay.size > 0) await Promise.race([...underWay.values(), rest(REST_MS)]);
        else if (isIdle()) break;
        else await rest(Math.min(Math.max(nextInMs ?? MAX_IDLE_MS, REST_MS), MAX_IDLE_MS));
      }
    }
  } finally {
    await Promise.all(underWay.values());
  }
  const nowMs = clock.nowMs();
  const oldestAtMs = [...unfinished.values()].reduce(
    (oldest, atMs) => Math.min(oldest, atMs),
    nowMs,
  );
  return { ...ends, outcomes, oldestUnfinishedMs: nowMs - oldestAtMs };
}
