import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ConservationProof } from '#shared/contracts/proof.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { keepProof, noteEnd, noteStart, readProof } from './proof-store.ts';

let proofs: OwnTable;

beforeEach(async () => {
  proofs = await createOwnTable('proofs');
});
afterEach(() => proofs.remove());

function proofAt(minute: number, isConserved = true): ConservationProof {
  return {
    provenAt: new Date(Date.UTC(2026, 10, 16) + minute * 60_000).toISOString(),
    isConserved,
    stages: [{ name: 'ledger', events: 3, amounts: { EUR: '0.10' } }],
    ...{ accounts: 1, differences: 0, balances: 0, entries: 0, first: [] },
  };
}

test('the last proof is the one that was made last, in whatever order they are kept', async () => {
  expect(await readProof(proofs)).toBeUndefined();
  await keepProof(proofs, proofAt(2, false));
  await keepProof(proofs, proofAt(1));
  expect(await readProof(proofs)).toEqual(proofAt(2, false));
});

test('a hundred proofs are kept, the oldest are forgotten', async () => {
  const older = Array.from({ length: 130 }, (_, minute) => proofAt(minute));
  await proofs.put(
    ...older.map((proof) => ({
      pk: 'PROOFS',
      sk: proof.provenAt,
      proof: JSON.stringify(proof),
    })),
  );
  for (const minute of [130, 131]) await keepProof(proofs, proofAt(minute));
  const kept = await proofs.items();
  expect(kept).toHaveLength(100);
  expect(kept[0]).toMatchObject({ sk: proofAt(32).provenAt });
});

test('one proof is under way at a time; the note of one that died ends by itself', async () => {
  expect(await noteStart(proofs, 1_000, 5_000)).toBe(true);
  expect(await noteStart(proofs, 4_999, 9_000)).toBe(false);
  expect(await noteStart(proofs, 5_000, 9_000)).toBe(true);
  await noteEnd(proofs);
  expect(await noteStart(proofs, 5_001, 9_000)).toBe(true);
  expect(await readProof(proofs)).toBeUndefined();
});
