import {
  PROBLEMS,
  type Problem,
  type ProblemCode,
  type ProblemIssue,
} from '#shared/contracts/problems.ts';

interface Extras {
  readonly issues?: readonly ProblemIssue[];
  readonly data?: Readonly<Record<string, unknown>>;
  /** Set where a retry can help, and when. */
  readonly retryAfterSeconds?: number;
  /** What went wrong inside: for the log, not for the answer. */
  readonly cause?: unknown;
}

/** An expected failure with a stable code. `detail` says what to do about it. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly extras: Extras;

  constructor(code: ProblemCode, detail: string, extras: Extras = {}) {
    super(detail, { cause: extras.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.extras = extras;
  }

  toProblem(): Problem {
    const { status, title } = PROBLEMS[this.code];
    const { issues, data } = this.extras;
    return {
      type: `urn:tollgate:problem:${this.code}`,
      title,
      status,
      code: this.code,
      detail: this.message,
      ...(issues && { issues }),
      ...(data && { data }),
    };
  }
}

/** Runs what needs a part that may be away: its failure becomes a 503 that tells the caller to come back. `detail` says how. */
export async function orTryAgain<T>(work: Promise<T>, detail: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError('unavailable', detail, { retryAfterSeconds: 1, cause: error });
  }
}
