import type { SendingStatus } from '#shared/contracts/sending.ts';
import type { BudgetStatus } from './send-budget.ts';

/** How the HTTP API tells how invoices are being sent. */
export function presentSending(status: BudgetStatus): SendingStatus {
  const { nowMs, breaker, blockedUntilMs } = status;
  const isOpen = breaker.state !== 'closed';
  return {
    asOf: time(nowMs),
    breaker: {
      state: breaker.state,
      ...(breaker.sinceMs > 0 && { since: time(breaker.sinceMs) }),
      ...(isOpen && { reason: breaker.reason, nextTryAt: time(breaker.nextTryAtMs) }),
    },
    ...(blockedUntilMs > nowMs && { blockedUntil: time(blockedUntilMs) }),
    rate: {
      allowedPerSecond: status.allowedPerSecond,
      currentPerSecond: rounded(status.currentPerSecond),
      measuredPerSecond: status.measuredPerSecond,
    },
    concurrency: {
      allowed: status.allowedPlaces,
      current: status.currentPlaces,
      inUse: status.placesInUse,
    },
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

function rounded(perSecond: number): number {
  return Math.round(perSecond * 10) / 10;
}
