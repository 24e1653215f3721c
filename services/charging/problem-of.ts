import { ProblemError } from '#shared/platform/problem-error.ts';
import type { Done } from './outcome.ts';

type ProblemOutcome =
  | { readonly type: 'reused'; readonly firstFingerprint: string; readonly fingerprint: string }
  | { readonly type: keyof typeof ADVICE };

const ADVICE = {
  expired:
    'The id carries a time that is older than the kept receipts, so nobody can tell whether it took effect. It never will now; take a new id.',
  in_future: 'The id carries a time that lies ahead. Check the clock of the sender.',
  incomplete:
    'The store does not have all balances of this shard: it is new, and ready within a minute, or it was lost and is to be rebuilt. Nothing was changed.',
  unknown_account: 'Open an account for this client first.',
  currency_mismatch: 'The account is in another currency.',
  account_frozen: 'Open the account again first.',
  account_closed: 'Open the account again first.',
  account_has_holds: 'Capture or release its holds first.',
  insufficient_balance: 'More is used already than would be left.',
  balance_out_of_range: 'The balance would be too large to count, or more is used already.',
  unknown_hold: 'It was never placed, has expired, or was captured or released.',
  hold_exists: 'A hold of this id is active. Take a new id for a new hold.',
  over_reversed: 'All reversals together cannot give back more than was charged.',
} as const;

const CODES = {
  expired: 'charge_id_expired',
  in_future: 'charge_id_in_future',
  incomplete: 'balances_incomplete',
  insufficient_balance: 'balance_out_of_range',
  hold_exists: 'id_reused',
} as const;

/** The problem that an outcome is, where a refusal is no answer. */
export function problemOf(outcome: ProblemOutcome): ProblemError {
  if (outcome.type === 'reused') {
    return new ProblemError(
      'id_reused',
      'This id was used for a request with another body. Take a new id for a new request.',
      { data: { firstFingerprint: outcome.firstFingerprint, fingerprint: outcome.fingerprint } },
    );
  }
  const { type } = outcome;
  return new ProblemError(
    type in CODES
      ? CODES[type as keyof typeof CODES]
      : (type as Exclude<typeof type, keyof typeof CODES>),
    ADVICE[type],
    type === 'incomplete' ? { retryAfterSeconds: 60 } : {},
  );
}

/** An outcome of which only success is an answer. Throws the problem that any other is. */
export function doneOf(outcome: Done<'done'> | Done<'repeated'> | ProblemOutcome): Done {
  if (outcome.type === 'done' || outcome.type === 'repeated') return outcome;
  throw problemOf(outcome);
}
