import { ProblemError } from '#shared/platform/problem-error.ts';
import { type CorrectionResult, MAX_CORRECTION_LINES } from './correct-package.ts';

type NotCorrectable = Extract<CorrectionResult, { type: 'not_correctable' }>;

/** Why a package is not corrected, and what to do about it. */
export function notCorrectableProblem(result: NotCorrectable): ProblemError {
  const { state, parkedFor, supersededBy } = result;
  return new ProblemError('not_correctable', detailOf(result), {
    data: {
      state,
      ...(parkedFor !== undefined && { reason: parkedFor }),
      ...(supersededBy !== undefined && { supersededBy }),
    },
  });
}

function detailOf({ why, state, parkedFor, supersededBy }: NotCorrectable): string {
  switch (why) {
    case 'superseded':
      return `It was corrected already: ${supersededBy} is in its place.`;
    case 'not_parked':
      return `It is ${state}; only what is parked can be corrected.`;
    case 'may_be_pending':
      return `It is parked as ${parkedFor ?? 'unknown'}: the invoice API may have it after all, and would bill both. Retry it first, so that it is looked up; correct it once the API has turned it down. If it does neither, make sure with its owner that it does not have it, and send "isNotTaken": true.`;
    case 'damaged':
      return 'Its lines are not those that were frozen; a correction would go on with the damage. GET /v1/invoices/{id} says what is wrong with them.';
    case 'too_many_lines':
      return `A package holds at most ${MAX_CORRECTION_LINES} correction lines, those of earlier corrections included.`;
  }
}
