import { setTimeout as delay } from 'node:timers/promises';
import {
  type Audit,
  type AuditReport,
  auditConservation,
  findingsOf,
  persisting,
} from './audit-conservation.ts';
import { presentFailure, presentProof } from './present-proof.ts';
import { keepProof, noteEnd, noteStart, type ProofStore } from './proof-store.ts';

export interface Proving {
  readonly audit: Audit;
  readonly proofs: ProofStore;
}

/** Long enough for what is on its way to the ledger to arrive, by the second try of a message that was hidden for 3 minutes. */
const SETTLE_MS = 240_000;

/** A little more than the function may take: the note of one that was killed ends by itself. */
export const PROOF_MS = 620_000;

/** Audits, looks again at what differs, and keeps what came of it for all to see, also where it fails. */
export async function proveConservation({ audit, proofs }: Proving): Promise<AuditReport> {
  await noteStart(proofs, Date.now(), Date.now() + PROOF_MS);
  try {
    const report = await auditTwice(audit, Date.now() - SETTLE_MS);
    await keepProof(proofs, presentProof(report, Date.now()));
    return report;
  } catch (error) {
    await keepProof(proofs, presentFailure(error as Error, Date.now()));
    throw error;
  } finally {
    await noteEnd(proofs);
  }
}

async function auditTwice(audit: Audit, settledUntilMs: number): Promise<AuditReport> {
  const report = await auditConservation(audit, settledUntilMs);
  if (findingsOf(report) === 0) return report;
  await delay(SETTLE_MS);
  return persisting(report, await auditConservation(audit, settledUntilMs));
}
