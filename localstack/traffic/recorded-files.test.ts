import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { loadMapping } from './mapping.ts';
import { inspectFile, readRows } from './usage-file.ts';

/** Real usage, recorded by others; it lies beside the repository and is no part of it. */
const FOLDER = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const HTTP = `${FOLDER}http-access-2015-05-17to19.log.gz`;
const LLM = `${FOLDER}llm-tokens-conversation.csv.gz`;
const EV = `${FOLDER}ev-charging-sessions-2014-11to2015-07.csv.gz`;

const areThere = [HTTP, LLM, EV].every((path) => existsSync(path));
if (!areThere) console.warn(`The recorded files are not in ${FOLDER}: their tests are skipped.`);

async function sums(path: string, mapping?: Parameters<typeof inspectFile>[1]) {
  const inspection = await inspectFile(path, mapping);
  const ids = new Set<string>();
  let zeros = 0;
  for await (const row of readRows(inspection)) {
    ids.add(row.id);
    if (row.quantity === '0') zeros += 1;
  }
  expect(inspection.malformedCount).toBe(0);
  expect(ids.size).toBe(inspection.rows);
  return { ...inspection, zeros };
}

(areThere ? describe : describe.skip)('recorded files, unchanged', () => {
  test('access log: every line, when none is filtered', async () => {
    const { only: _, ...everyStatus } = await loadMapping('http-access');
    const found = await sums(HTTP, everyStatus);
    expect(found).toMatchObject({ rows: 2 * 7_421, filtered: 0, clients: 1_350, zeros: 574 });
    expect(found.meters.get('api.requests')?.quantityMicros).toBe(7_421_000_000n);
    expect(found.meters.get('api.egress_bytes')?.quantityMicros).toBe(1_868_723_399_000_000n);
  });

  test('access log: recognised by itself, and billed are statuses 2xx and 3xx', async () => {
    const found = await sums(HTTP);
    expect(found.sentence).toContain('bundled mapping http-access.');
    expect(found).toMatchObject({
      rows: 2 * 7_259,
      filtered: 162,
      firstAt: '2015-05-17T10:05:00.000Z',
      lastAt: '2015-05-19T23:05:59.000Z',
    });
    expect(found.meters.get('api.egress_bytes')?.quantityMicros).toBe(1_868_520_442_000_000n);
  });

  test('tokens: one client per conversation', async () => {
    const found = await sums(LLM);
    expect(found.sentence).toContain('bundled mapping llm-tokens.');
    expect(found).toMatchObject({
      rows: 2 * 12_031,
      clients: 7_373,
      firstAt: '2026-11-01T00:00:00.000Z',
      lastAt: '2026-11-01T00:58:56.999Z',
    });
    expect(found.meters.get('llm.input_tokens')?.quantityMicros).toBe(144_793_823_000_000n);
    expect(found.meters.get('llm.output_tokens')?.quantityMicros).toBe(4_122_048_000_000n);
  });

  test('tokens: 200 larger clients with the same sums', async () => {
    const found = await sums(LLM, 'llm-tokens-200');
    expect(found).toMatchObject({ rows: 2 * 12_031, clients: 200 });
    expect(found.meters.get('llm.input_tokens')?.quantityMicros).toBe(144_793_823_000_000n);
  });

  test('charging sessions: energy exactly, hours to the microhour', async () => {
    const found = await sums(EV);
    expect(found.sentence).toContain('bundled mapping ev-charging.');
    expect(found).toMatchObject({
      rows: 2 * 1_868,
      clients: 63,
      zeros: 22,
      lastAt: '2015-08-01T00:15:07.000Z',
    });
    expect(found.meters.get('ev.kwh')?.quantityMicros).toBe(10_864_640_000n);
    expect(found.meters.get('ev.hours')?.quantityMicros).toBe(5_210_387_236n);
  });
});
