import type { Context } from 'aws-lambda';
import type { Answer } from '#shared/domain/invoice.ts';
import { emitMetrics, log } from '#shared/platform/log.ts';
import { type InvoicingTools, LEASE_MARGIN_MS } from './call-under-lease.ts';
import type { LoopSettings, WorkSummary } from './due-work.ts';

/** Between half months there is nothing to do for days: what comes then waits for the next run, at most a minute. */
const IDLE_MS = 10_000;

type Loop = (tools: InvoicingTools, settings: LoopSettings) => Promise<WorkSummary>;

/**
 * Runs one of the loops until there is nothing left to do, or shortly before the function's time is up: early enough that a
 * call begun at the last moment can time out and have its answer written down. One log line per run.
 */
export async function runLoop(
  name: string,
  loop: Loop,
  tools: InvoicingTools,
  concurrency: number,
  event: { readonly untilIdle?: boolean },
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<WorkSummary> {
  const startedAtMs = tools.clock.elapsedMs();
  const lastCallsMs = tools.api.timeoutMs + LEASE_MARGIN_MS;
  const summary = await loop(tools, {
    concurrency,
    deadlineMs: startedAtMs + context.getRemainingTimeInMillis() - lastCallsMs,
    idleMs: event.untilIdle === true ? 0 : IDLE_MS,
  });
  const elapsedMs = Math.round(tools.clock.elapsedMs() - startedAtMs);
  const sending = await standingOf(tools);
  log.info(name, { ...summary, elapsedMs, ...sending });
  emitMetrics({
    invoicesAccepted: summary.accepted,
    invoicesParked: summary.parked,
    denied: countOf('denied', summary),
    noAnswer: countOf('no_answer', summary),
    oldestUnfinishedMs: summary.oldestUnfinishedMs,
    ...(sending && { breakerOpen: sending.breaker === 'closed' ? 0 : 1 }),
    ...(sending && { blockedMs: sending.blockedMs }),
  });
  return summary;
}

/** How sending stands at the end of a run; undefined where Redis does not tell. */
async function standingOf({ budget }: InvoicingTools) {
  try {
    const { nowMs, breaker, blockedUntilMs } = await budget.status();
    return {
      breaker: breaker.state,
      ...(breaker.reason && { breakerReason: breaker.reason }),
      blockedMs: Math.max(blockedUntilMs - nowMs, 0),
    };
  } catch (error) {
    log.warn('send-budget', { error: error as Error });
    return undefined;
  }
}

/** How many calls of any kind were answered so. */
function countOf(answer: Answer['type'], { outcomes }: WorkSummary): number {
  return Object.entries(outcomes)
    .filter(([outcome]) => outcome.endsWith(`_${answer}`))
    .reduce((sum, [, count]) => sum + count, 0);
}
