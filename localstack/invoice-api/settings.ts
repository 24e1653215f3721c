import * as z from 'zod/mini';

const milliseconds = z.int().check(z.gte(0), z.lte(600_000));
const span = z
  .strictObject({ min: milliseconds, max: milliseconds })
  .check(z.refine(({ min, max }) => min <= max, { error: 'min must not be above max' }));
const share = z.number().check(z.gte(0), z.lte(1));

/** How the simulated system behaves. Shares are of 1; those of one request must not add up to more. */
export const Settings = z.strictObject({
  /** Faults, latencies and decisions follow from it and the invoice id, whatever the timing. */
  seed: z.string().check(z.maxLength(100)),
  requestsPerSecond: z.int().check(z.gte(1), z.lte(1_000_000)),
  latencyMs: span,
  /** From the booking to acceptance or rejection. */
  decisionMs: span,
  /** How long a request without an answer is held open, unless the client goes first. */
  timeoutMs: milliseconds,
  shares: z
    .strictObject({
      /** Submissions. */
      serverErrorBeforeAccepting: share,
      timeoutBeforeAccepting: share,
      serverErrorAfterAccepting: share,
      timeoutAfterAccepting: share,
      lost: share,
      /** Bookings. */
      rejected: share,
      /** Look-ups. */
      lookUpServerError: share,
      lookUpTimeout: share,
    })
    .check(
      z.refine(
        (shares) =>
          shares.serverErrorBeforeAccepting +
            shares.timeoutBeforeAccepting +
            shares.serverErrorAfterAccepting +
            shares.timeoutAfterAccepting +
            shares.lost <=
          1,
        { error: 'the shares of faults of submissions must not add up to more than 1' },
      ),
      z.refine((shares) => shares.lookUpServerError + shares.lookUpTimeout <= 1, {
        error: 'the shares of faults of look-ups must not add up to more than 1',
      }),
    ),
});
export type Settings = z.infer<typeof Settings>;

export const DEFAULT_SETTINGS: Settings = {
  seed: 'tollgate',
  requestsPerSecond: 50,
  latencyMs: { min: 40, max: 250 },
  decisionMs: { min: 500, max: 2_500 },
  timeoutMs: 30_000,
  shares: {
    serverErrorBeforeAccepting: 0.01,
    timeoutBeforeAccepting: 0.005,
    serverErrorAfterAccepting: 0.005,
    timeoutAfterAccepting: 0.01,
    lost: 0.005,
    rejected: 0.005,
    lookUpServerError: 0.005,
    lookUpTimeout: 0.002,
  },
};

/** For shares: everything is taken, answered and accepted. */
export const NO_FAULTS: Settings['shares'] = {
  ...{ serverErrorBeforeAccepting: 0, timeoutBeforeAccepting: 0 },
  ...{ serverErrorAfterAccepting: 0, timeoutAfterAccepting: 0 },
  ...{ lost: 0, rejected: 0, lookUpServerError: 0, lookUpTimeout: 0 },
};

/** The settings with those of `change` in their place, down to single shares. */
export function changedSettings(settings: Settings, change: unknown) {
  return Settings.safeParse(merged(settings, change));
}

function merged(base: unknown, change: unknown): unknown {
  if (!isPlainObject(base) || !isPlainObject(change)) return change;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) result[key] = merged(base[key], value);
  return result;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
