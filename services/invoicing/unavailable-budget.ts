import { orTryAgain } from '#shared/platform/problem-error.ts';
import type { SendBudget } from './send-budget.ts';

/** What the routes ask of the budget. */
export type BudgetOffice = Pick<SendBudget, 'status' | 'resume'>;

const DETAIL = 'The sending budget did not answer. Ask again.';

/** The budget for what somebody waits for: without Redis it is a 503 that tells the caller to come back. */
export function orUnavailableBudget(budget: BudgetOffice): BudgetOffice {
  return {
    status: () => orTryAgain(budget.status(), DETAIL),
    resume: () => orTryAgain(budget.resume(), DETAIL),
  };
}
