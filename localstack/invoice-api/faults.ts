import { createHash } from 'node:crypto';
import type { Settings } from './settings.ts';

export type SubmissionFault =
  | 'serverErrorBeforeAccepting'
  | 'timeoutBeforeAccepting'
  | 'serverErrorAfterAccepting'
  | 'timeoutAfterAccepting'
  | 'lost';
export type LookUpFault = 'lookUpServerError' | 'lookUpTimeout';
export type Fault = SubmissionFault | LookUpFault;

const SUBMISSION_FAULTS: readonly SubmissionFault[] = [
  'serverErrorBeforeAccepting',
  'timeoutBeforeAccepting',
  'serverErrorAfterAccepting',
  'timeoutAfterAccepting',
  'lost',
];
const LOOK_UP_FAULTS: readonly LookUpFault[] = ['lookUpServerError', 'lookUpTimeout'];

/**
 * Everything that chance decides about one request. It hangs on the seed, the invoice id and how many requests of this
 * kind there were for that id, and on nothing else: two runs with other timings meet the same faults.
 */
export function drawFor(kind: 'submission' | 'lookUp', id: string, number: number, seed: string) {
  const random = (purpose: string) => hashed([seed, kind, purpose, id, number].join('\n'));
  return {
    submissionFault: ({ shares }: Settings) => pick(SUBMISSION_FAULTS, shares, random('fault')),
    lookUpFault: ({ shares }: Settings) => pick(LOOK_UP_FAULTS, shares, random('fault')),
    latencyMs: ({ latencyMs }: Settings) => within(latencyMs, random('latency')),
    decisionMs: ({ decisionMs }: Settings) => within(decisionMs, random('decision')),
    rejection: ({ shares }: Settings): string | undefined =>
      random('rejection') < shares.rejected
        ? REJECTIONS[Math.floor(random('reason') * REJECTIONS.length)]
        : undefined,
  };
}

/** What an old billing system says to a package that it does not like. */
const REJECTIONS = [
  'E1042 CUSTOMER MASTER RECORD LOCKED BY BATCH JOB ARBL77',
  'E2317 COST CENTRE MISSING FOR DEBTOR',
  'E0099 POSTING PERIOD NOT OPEN',
  'E4711 TAX CODE COULD NOT BE DETERMINED',
];

function pick<Kind extends Fault>(
  kinds: readonly Kind[],
  shares: Settings['shares'],
  random: number,
): Kind | undefined {
  let below = 0;
  return kinds.find((kind) => {
    below += shares[kind];
    return random < below;
  });
}

function within({ min, max }: { min: number; max: number }, random: number): number {
  return min + Math.floor(random * (max - min + 1));
}

/** A number in [0, 1). */
function hashed(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}
