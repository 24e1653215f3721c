import { setTimeout as delay } from 'node:timers/promises';
import {
  type Audit,
  auditConservation,
  findingsOf,
  type Proven,
  persisting,
} from './audit-conservation.ts';
import { presentFailure, presentProof } from './present-proof.ts';
import {
  keepProof,
  noteBegun,
  noteEnd,
  noteStart,
  type ProofStore,
  takeBackBegun,
} from './proof-store.ts';

export interface Proving {
  readonly audit: Audit;
  readonly proofs: ProofStore;
}

/** Long enough for what is on its way to the ledger to arrive, by the second try of a message that was hidden for 3 minutes. */
const SETTLE_MS = 240_000;

/** A little more than the function may take: the note of one that was killed ends by itself. */
export const PROOF_MS = 920_000;

/** By how much the clock that ends the function and ours may differ. */
const CLOCK_MS = 20_000;

/** The second look takes as long as the first, or somewhat longer where the tables have become slower. */
const LOOK_MARGIN = 1.5;

/** For what comes after the last look. */
const KEEPING_MS = 10_000;

/**
 * Audits, looks again at what differs, and keeps what came of it for all to see, also where it fails. The note that it
 * has begun is taken back once a proof is kept: whoever finds it later knows that it was killed.
 */
export async function proveConservation(
  { audit, proofs }: Proving,
  timeLeftMs: () => number,
): Promise<Proven> {
  const nowMs = Date.now();
  await noteStart(proofs, nowMs, nowMs + PROOF_MS);
  const begun = await noteBegun(proofs, nowMs, nowMs + timeLeftMs() + CLOCK_MS);
  try {
    const report = await auditTwice(audit, nowMs - SETTLE_MS, timeLeftMs);
    await keepProof(proofs, presentProof(report, Date.now()));
    await takeBackBegun(proofs, begun, Date.now());
    return report;
  } catch (error) {
    await keepProof(proofs, presentFailure(error as Error, Date.now()));
    await takeBackBegun(proofs, begun, Date.now());
    throw error;
  } finally {
    await noteEnd(proofs);
  }
}

async function auditTwice(
  audit: Audit,
  settledUntilMs: number,
  timeLeftMs: () => number,
): Promise<Proven> {
  const beforeMs = timeLeftMs();
  const report = await auditConservation(audit, settledUntilMs);
  if (findingsOf(report) === 0) return { ...report, isSeenOnce: false };
  const lookMs = beforeMs - timeLeftMs();
  if (timeLeftMs() < SETTLE_MS + lookMs * LOOK_MARGIN + KEEPING_MS) {
    return { ...report, isSeenOnce: true };
  }
  await delay(SETTLE_MS);
  const again = await auditConservation(audit, settledUntilMs);
  return { ...persisting(report, again), isSeenOnce: false };
}
