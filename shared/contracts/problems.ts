/** Every problem (RFC 9457) that Tollgate answers with, by its stable code. */
export const PROBLEMS = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  invalid_body: { status: 400, title: 'The body breaks the contract' },
  invalid_parameter: { status: 400, title: 'A parameter is wrong' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not understood' },
  id_required: { status: 400, title: 'An id is needed' },
  time_out_of_bounds: { status: 422, title: 'The time is too old or in the future' },
  unknown_meter: { status: 422, title: 'The price list has no price for this meter' },
  amount_out_of_range: { status: 422, title: 'The amount is too large' },
  scope_missing: { status: 403, title: 'The API key lacks the scope' },
  not_found: { status: 404, title: 'There is no such thing' },
  unknown_account: { status: 404, title: 'There is no such account' },
  account_exists: { status: 409, title: 'The account exists with other terms' },
  id_reused: { status: 409, title: 'The id was used for something else' },
  charge_id_expired: { status: 409, title: 'The id is older than the kept receipts' },
  charge_id_in_future: { status: 422, title: 'The id carries a time in the future' },
  currency_mismatch: { status: 422, title: 'The account has another currency' },
  account_frozen: { status: 409, title: 'The account is frozen' },
  account_closed: { status: 409, title: 'The account is closed' },
  account_has_holds: { status: 409, title: 'The account has active holds' },
  unknown_hold: { status: 404, title: 'There is no such active hold' },
  unknown_charge: { status: 404, title: 'There is no such charge' },
  over_reversed: { status: 422, title: 'More than was charged' },
  balance_out_of_range: { status: 422, title: 'The balance would leave its range' },
  balances_incomplete: { status: 503, title: 'Balances of this store were lost' },
  events_on_their_way: { status: 409, title: 'Events have not reached the ledger yet' },
  not_retryable: { status: 409, title: 'The invoice is not at rest' },
  explanation_inconsistent: { status: 500, title: 'What is stored does not fit together' },
  not_correctable: { status: 409, title: 'The invoice cannot be corrected' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
  internal: { status: 500, title: 'Something went wrong on our side' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemIssue {
  /** Where in the body, as a JSON Pointer (RFC 6901). */
  readonly pointer: string;
  readonly detail: string;
}

/** The body of a problem answer. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly issues?: readonly ProblemIssue[];
  /** More data of this code, such as the two fingerprints of `id_reused`. */
  readonly data?: Readonly<Record<string, unknown>>;
}
