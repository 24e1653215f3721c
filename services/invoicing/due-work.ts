import type { InvoiceItem } from '#services/packaging/public.ts';
import type { InvoiceState } from '#shared/domain/invoice.ts';
import { log } from '#shared/platform/log.ts';
import type { Clock } from './clock.ts';
import type { DueInvoice, InvoiceKey } from './invoice-store.ts';

/** What came of one piece of work; with a pause, nothing new is begun for so long. */
export interface WorkDone {
  readonly outcome: string;
  /** What the work has led the invoice to, where it has ended. */
  readonly end?: 'accepted' | 'parked';
  readonly pauseMs?: number;
}

export interface DueWork {
  /** What is to be done first, in the order of the due times, what is due later included. */
  readonly oldest: (limit: number) => Promise<readonly DueInvoice[]>;
  /** The invoice as it is now, which may be in another state and not due: the index lags behind. */
  readonly read: (key: InvoiceKey) => Promise<InvoiceItem | undefined>;
  readonly states: readonly InvoiceState[];
  /** Is given what is due and in one of the states. */
  readonly work: (item: InvoiceItem) => Promise<WorkDone>;
  /** How long no work may be begun at all. */
  readonly blockedForMs: () => Promise<number>;
}

export interface LoopSettings {
  readonly concurrency: number;
  /** By the clock's `elapsedMs`: nothing is begun after it, and what was begun ends soon after. */
  readonly deadlineMs: number;
  /** Ends as soon as there is nothing left, now or later. */
  readonly untilIdle: boolean;
}

export interface WorkSummary {
  readonly accepted: number;
  readonly parked: number;
  /** How often each outcome came about. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** How long ago the oldest invoice was packaged that was due and did not come to rest; 0 without any. */
  readonly oldestUnfinishedMs: number;
}

const BATCH = 64;
const MAX_IDLE_MS = 1_000;
/** After a round that led nowhere, since the index lags behind or everything is under way. */
const REST_MS = 100;
const MAX_FAILURES = 5;

/**
 * Works off what is due, oldest first, `concurrency` at a time, until the deadline. Counts the outcomes.
 * A piece of work that throws is counted as `failed` and comes again when it is due; a source that
 * keeps failing ends the loop with its error.
 */
export async function workWhileDue(
  { oldest, read, states, work, blockedForMs }: DueWork,
  { concurrency, deadlineMs, untilIdle }: LoopSettings,
  clock: Clock,
): Promise<WorkSummary> {
  const outcomes: Record<string, number> = {};
  const ends = { accepted: 0, parked: 0 };
  const underWay = new Map<string, Promise<void>>();
  /** When what was due and is not at rest was packaged. */
  const unfinished = new Map<string, number>();
  let queue: DueInvoice[] = [];
  let pausedUntilMs = 0;
  let failures = 0;

  const leftMs = () => deadlineMs - clock.elapsedMs();
  const rest = (durationMs: number) => clock.sleep(Math.min(durationMs, Math.max(leftMs(), 0)));

  async function workOn(key: InvoiceKey): Promise<WorkDone> {
    const item = await read(key);
    const isDue = item && states.includes(item.state) && Number(item.dueAtMs) <= clock.nowMs();
    if (!isDue) return { outcome: 'not_due' };
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
  }

  /** Fills the queue with what is due now; the number of milliseconds until something will be, or undefined for never. */
  async function refill(): Promise<number | undefined> {
    const blockedMs = await blockedForMs();
    if (blockedMs > 0) {
      pausedUntilMs = clock.elapsedMs() + blockedMs;
      return blockedMs;
    }
    const candidates = (await oldest(BATCH)).filter((key) => !underWay.has(nameOf(key)));
    const nowMs = clock.nowMs();
    queue = candidates.filter((key) => key.dueAtMs <= nowMs);
    const next = candidates[0];
    return next && Math.max(next.dueAtMs - nowMs, 0);
  }

  try {
    while (leftMs() > 0) {
      const pauseMs = pausedUntilMs - clock.elapsedMs();
      if (pauseMs > 0) {
        // What is in the queue will have changed by then.
        queue = [];
        if (pauseMs >= leftMs()) break;
        await rest(pauseMs);
      } else if (underWay.size >= concurrency) {
        await Promise.race(underWay.values());
      } else {
        const key = queue.shift();
        if (key) {
          begin(key);
          continue;
        }
        const nextInMs = await refill().then(
          (ms) => {
            failures = 0;
            return ms;
          },
          (error: unknown) => {
            failures += 1;
            if (failures === MAX_FAILURES) throw error;
            log.warn('invoice-work', { failures, error: error as Error });
            return MAX_IDLE_MS;
          },
        );
        if (queue.length > 0) continue;
        if (underWay.size > 0) await Promise.race([...underWay.values(), rest(REST_MS)]);
        else if (nextInMs === undefined && untilIdle) break;
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

function nameOf({ pk, sk }: InvoiceKey): string {
  return `${pk}|${sk}`;
}
