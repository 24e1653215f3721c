import { ProblemError } from '#shared/platform/problem-error.ts';

/** What is stored does not fit together: no proof is better than a wrong one. */
export function inconsistent(what: string, cause?: unknown): ProblemError {
  return new ProblemError(
    'explanation_inconsistent',
    `${what} Run the audit; docs/operations.md says how to go on.`,
    { cause },
  );
}
