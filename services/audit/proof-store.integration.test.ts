import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConservationProof } from '#shared/contracts/proof.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import {
  keepProof,
  noteBegun,
  noteEnd,
  noteStart,
  readProof,
  takeBackBegun,
} from './proof-store.ts';
import { readLastProof } from './read-last-proof.ts';

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

describe('the proof that is answered', () => {
  const HOUR_MS = 3_600_000;
  const atMs = (minute: number) => Date.parse(proofAt(minute).provenAt);
  const answered = (minute: number) => readLastProof(proofs, atMs(minute));

  test('is none before the first, and then the last one', async () => {
    expect(await answered(0)).toBeUndefined();
    await keepProof(proofs, proofAt(1));
    expect(await answered(2)).toEqual(proofAt(1));
  });

  test('is not an old green one where an audit was killed since', async () => {
    await keepProof(proofs, proofAt(0));
    await noteBegun(proofs, atMs(60), atMs(75));
    expect(await answered(74)).toEqual(proofAt(0));
    const killed = {
      provenAt: proofAt(75).provenAt,
      isConserved: false,
      stages: [],
      first: [expect.stringContaining(`begun at ${proofAt(60).provenAt} did not come to its end`)],
    };
    expect(await answered(75)).toMatchObject(killed);
    // While the next one is at work nothing else is known.
    const next = await noteBegun(proofs, atMs(80), atMs(95));
    expect(await answered(81)).toMatchObject(killed);
    await keepProof(proofs, proofAt(90));
    await takeBackBegun(proofs, next, atMs(90));
    expect(await answered(91)).toEqual(proofAt(90));
    expect(await proofs.items()).toHaveLength(2);
  });

  test('is told to be red where the first audit of all was killed', async () => {
    await noteBegun(proofs, atMs(0), atMs(15));
    expect(await answered(14)).toBeUndefined();
    expect(await answered(15)).toMatchObject({ isConserved: false });
  });

  test('is not green for longer than two hours', async () => {
    await keepProof(proofs, proofAt(0));
    expect(await readLastProof(proofs, atMs(0) + 2 * HOUR_MS)).toEqual(proofAt(0));
    expect(await readLastProof(proofs, atMs(0) + 2 * HOUR_MS + 1)).toEqual({
      ...proofAt(0),
      isConserved: false,
      first: [expect.stringContaining(`nothing was proven since ${proofAt(0).provenAt}`)],
    });
  });

  test('keeps the note of an audit that is at work beside another that comes to its end', async () => {
    const slow = await noteBegun(proofs, atMs(0), atMs(15));
    const quick = await noteBegun(proofs, atMs(1), atMs(16));
    await keepProof(proofs, proofAt(2));
    await takeBackBegun(proofs, quick, atMs(2));
    expect(await proofs.items()).toMatchObject([{ sk: slow.sk }, { pk: 'PROOFS' }]);
  });
});
