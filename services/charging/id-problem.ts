import { ProblemError } from '#shared/platform/problem-error.ts';
import type { ChangeOutcome } from './account-store.ts';

type IdOutcome = Extract<
  ChangeOutcome,
  { type: 'reused' | 'expired' | 'in_future' | 'balance_out_of_range' }
>;

/** Outcomes that are the request's fault, whatever kind of change it asked for. */
export function idProblem(outcome: IdOutcome): ProblemError {
  switch (outcome.type) {
    case 'reused':
      return new ProblemError(
        'id_reused',
        'This id was used for a request with another body. Take a new id for a new request.',
        { data: { firstFingerprint: outcome.firstFingerprint, fingerprint: outcome.fingerprint } },
      );
    case 'expired':
      return new ProblemError(
        'charge_id_expired',
        'The id carries a time that is older than the kept receipts, so nobody can tell whether it took effect. It never will now; take a new id.',
      );
    case 'in_future':
      return new ProblemError(
        'charge_id_in_future',
        'The id carries a time that lies ahead. Check the clock of the sender.',
      );
    case 'balance_out_of_range':
      return new ProblemError('balance_out_of_range', 'The balance would be too large to count.');
  }
}
