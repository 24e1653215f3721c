import type { ConservationProof } from '#shared/contracts/proof.ts';
import { presentKilled, presentOutOfDate } from './present-proof.ts';
import { type ProofStore, readKilled, readProof } from './proof-store.ts';

/** Proofs are made every hour and take a quarter of one at most: one at least is missing. */
const OUT_OF_DATE_MS = 2 * 3_600_000;

/**
 * The last proof; undefined before the first. An audit that was killed since, or that did not even begin for too long, is
 * told in its place: an old proof says nothing of what came after it.
 */
export async function readLastProof(
  store: ProofStore,
  nowMs: number,
): Promise<ConservationProof | undefined> {
  const killed = (await readKilled(store, nowMs)).at(-1);
  const last = await readProof(store);
  if (killed && !(last && last.provenAt > killed.startedAt)) return presentKilled(killed);
  const isOutOfDate = last && nowMs - Date.parse(last.provenAt) > OUT_OF_DATE_MS;
  return isOutOfDate ? presentOutOfDate(last) : last;
}
