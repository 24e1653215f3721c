import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';
import { putMoving, putSnapshot, readMoving, readSnapshots } from './progress-store.ts';

let table: OwnTable;
beforeAll(async () => {
  table = await createOwnTable('progress');
}, 60_000);
afterAll(() => table.remove());

const store = () => ({ dynamo: table.dynamo, table: table.table });
const START_MS = Date.parse('2026-11-16T12:00:00Z');
const snapshot = (second: number) => ({
  atMs: START_MS + second * 1_000,
  byState: { packaged: 100 - second, accepted: second },
  parkedByReason: { rejected_by_invoice_api: second },
});

test('snapshots come back oldest first, the latest where there are too many, each once', async () => {
  const seconds = Array.from({ length: 30 }, (_, second) => second);
  for (const second of seconds) await putSnapshot(store(), '2026-11-H1', snapshot(second));
  await putSnapshot(store(), '2026-11-H1', snapshot(7));
  await putSnapshot(store(), '2026-11-H2', snapshot(5));
  expect(await readSnapshots(store(), '2026-11-H1')).toEqual(seconds.map(snapshot));
  expect(await readSnapshots(store(), '2026-11-H1', 2)).toEqual([snapshot(28), snapshot(29)]);
  expect(await readSnapshots(store(), '2026-12-H1')).toEqual([]);
});

test('a snapshot from before reasons were counted has none', async () => {
  const [pk, atMs] = ['PERIOD#2025-01-H1', START_MS];
  await table.put({ pk, sk: new Date(atMs).toISOString(), atMs, byState: { parked: 3 } });
  expect(await readSnapshots(store(), '2025-01-H1')).toEqual([
    { atMs, byState: { parked: 3 }, parkedByReason: {} },
  ]);
});

test('the half months that move are what was last noted', async () => {
  expect(await readMoving(store())).toEqual([]);
  await putMoving(store(), ['2026-11-H1', '2026-11-H2']);
  expect(await readMoving(store())).toEqual(['2026-11-H1', '2026-11-H2']);
});
