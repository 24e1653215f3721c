import { log } from '#shared/platform/log.ts';
import type { BudgetStatus } from './send-budget.ts';
import type { BudgetOffice } from './unavailable-budget.ts';

/** Ends a block and an open breaker at the wish of a person, and notes who asked for it and what stood. */
export async function resumeSending(budget: BudgetOffice, keyId: string): Promise<BudgetStatus> {
  const { breaker, blockedUntilMs } = await budget.status();
  const status = await budget.resume();
  log.warn('resume-sending', { keyId, breaker, blockedUntilMs });
  return status;
}
