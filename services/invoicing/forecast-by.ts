import { type Forecast, forecastOf, type InvoiceProgress } from '#shared/domain/forecast.ts';
import type { BudgetStatus } from './send-budget.ts';

export interface SendingDelays {
  readonly pollDelayMs: number;
  readonly leaseMs: number;
}

/**
 * The forecast by how the budget stands. Until the breaker is closed nobody knows when sending goes on; without the budget
 * nothing is sent.
 */
export function forecastBy(
  status: BudgetStatus | undefined,
  { pollDelayMs, leaseMs }: SendingDelays,
  invoices: readonly InvoiceProgress[],
  isShared: boolean,
  nowMs: number,
): Forecast | undefined {
  if (status?.breaker.state !== 'closed') return undefined;
  // Sending went on when the breaker was closed.
  const blockedUntilMs = Math.max(status.blockedUntilMs, status.breaker.sinceMs);
  const pace = { ...status, blockedUntilMs, pollDelayMs, leaseMs, isShared };
  return forecastOf(invoices, pace, nowMs);
}
