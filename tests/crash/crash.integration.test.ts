import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundleProcesses } from './bundles.ts';
import { countByType } from './checks.ts';
import { explain } from './failures.ts';
import { type KillCounts, ROLES } from './plan.ts';
import { type Report, run, type Scenario } from './run.ts';

/** See README.md on how to read and repeat a failure. */
const SEED = Number(process.env.SEED || 20_261_121);
/** How many times as much as usual. */
const ROUNDS = Number(process.env.CRASH_ROUNDS || 1);
const RUN_WITHIN_MS = 90_000 * ROUNDS;
const WITHIN_MS = RUN_WITHIN_MS + 20_000;

/** Longer than anybody waits for a replica, after the longest pause of the relay: what does not insist on it shows. */
const PATIENCE_MS = 2_100;

let bundles: Awaited<ReturnType<typeof bundleProcesses>>;
beforeAll(async () => {
  bundles = await bundleProcesses(
    ROLES.map((role) => join(import.meta.dirname, `${role}-process.ts`)),
  );
});
afterAll(() => bundles.remove());

type Chosen = Pick<Scenario, 'store' | 'durability' | 'relayReplicas' | 'answers'> &
  Partial<Pick<Scenario, 'engine' | 'darkMs'>> & { readonly kills: Partial<KillCounts> };

async function runOf({ kills, answers, ...chosen }: Chosen) {
  const report = await run(
    {
      ...{ engine: 'tollgate', darkMs: 0, ...chosen },
      ...{ seed: SEED, withinMs: RUN_WITHIN_MS, answers: answers * ROUNDS },
      kills: {
        walksProcesses: kills.walksProcesses ?? [],
        walksStore: kills.walksStore ?? false,
        processes: (kills.processes ?? 0) * ROUNDS,
        storeAt: Array(ROUNDS)
          .fill(kills.storeAt ?? [])
          .flat(),
      },
    },
    bundles.folder,
  );
  tell(report);
  const name = [chosen.engine ?? 'tollgate', chosen.store, chosen.durability].join('-');
  return { ...report, explanation: explain(name, SEED, report) };
}

/** What a run came to, in a line: figures are part of what this is for. */
function tell({ figures, kills, findings, forgotten, disagreements }: Report): void {
  const list = (counts: object) =>
    Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  const parts = [
    ...list(figures),
    `killed: ${list(kills).join(', ')}`,
    `forgotten ${forgotten.length}`,
    ...list(countByType([...findings, ...disagreements])),
  ];
  process.stderr.write(
    `  ${expect.getState().currentTestName?.split(': ')[0]}: ${parts.join(', ')}\n`,
  );
}

describe(`killed between every two steps (SEED=${SEED})`, () => {
  test(
    'durable_store: nothing that was answered is lost, nothing is doubled or invented',
    async () => {
      const report = await runOf({
        ...{ store: 'durable', durability: 'durable_store', relayReplicas: 0, answers: 6_000 },
        kills: { walksProcesses: ROLES, walksStore: true, processes: 6 },
      });
      expect(report.explanation).toBe('');
      expect(report.forgotten).toEqual([]);
      expect(report.killsLeftOut).toEqual([]);
      // The rehearsal must have led everybody past what matters.
      expect(report.kills.charging).toBeGreaterThan(2 * 8);
      expect(report.kills.relay).toBeGreaterThan(2 * 3);
      expect(report.kills.consumer).toBeGreaterThan(2 * 4);
      expect(report.kills.store).toBeGreaterThan(2 * 8);
      expect(Object.keys(countKinds(report)).sort()).toEqual([
        ...['capture', 'charge', 'expiry', 'extension', 'hold'],
        ...['opening', 'release', 'reversal', 'top_up'],
      ]);
    },
    WITHIN_MS,
  );

  test(
    'replicated: a failover to the replica loses nothing that was answered',
    async () => {
      const { explanation, forgotten } = await runOf({
        ...{ store: 'pair', durability: 'replicated', relayReplicas: 1, answers: 1_000 },
        ...{
          kills: { processes: 4, storeAt: ['charging', 'charging'] },
          darkMs: PATIENCE_MS,
        },
      });
      expect(explanation).toBe('');
      expect(forgotten).toEqual([]);
    },
    WITHIN_MS,
  );

  test(
    'at_once: a failover forgets only what the replica had not got, with receipts and events, so that all agree',
    async () => {
      const { explanation, forgotten, disagreements } = await runOf({
        ...{ store: 'pair', durability: 'at_once', relayReplicas: 1, answers: 1_000 },
        ...{
          kills: { processes: 2, storeAt: ['charging', 'relay', 'charging'] },
          darkMs: PATIENCE_MS,
        },
      });
      expect(explanation).toBe('');
      expect(disagreements).toEqual([]);
      expect(forgotten.length).toBeGreaterThan(0);
    },
    WITHIN_MS,
  );

  test(
    'at_once, and a relay that does not wait for the replica: ledger and store disagree',
    async () => {
      const { explanation, disagreements } = await runOf({
        ...{ store: 'pair', durability: 'at_once', relayReplicas: 0, answers: 500 },
        ...{ kills: { storeAt: ['charging', 'charging'] }, darkMs: PATIENCE_MS },
      });
      expect(explanation).toBe('');
      expect(disagreements.length).toBeGreaterThan(0);
    },
    WITHIN_MS,
  );

  test(
    'append-only file on disk every second: a power cut forgets the last second, of which the ledger may know',
    async () => {
      const { explanation, forgotten, disagreements } = await runOf({
        ...{ store: 'every_second', durability: 'at_once', relayReplicas: 0, answers: 1_000 },
        ...{ kills: { storeAt: ['charging', 'relay', 'charging'] }, darkMs: 300 },
      });
      expect(explanation).toBe('');
      expect(forgotten.length + disagreements.length).toBeGreaterThan(0);
    },
    WITHIN_MS,
  );
});

/** The same run with the same checks must fail what is wrong, or it would show nothing. */
describe(`engines that are wrong are found out (SEED=${SEED})`, () => {
  const runRival = async (engine: Scenario['engine']) => {
    const { findings } = await runOf({
      ...{ engine, store: 'durable', durability: 'at_once', relayReplicas: 0, answers: 300 },
      kills: { walksProcesses: ['charging'], processes: 2 },
    });
    return countByType(findings);
  };

  test(
    'get then set: what one takes, another undoes',
    async () => {
      const found = await runRival('get-then-set');
      expect(found.balance_too_high).toBeGreaterThan(0);
      expect(found.doubled).toBeGreaterThan(0);
    },
    WITHIN_MS,
  );

  test(
    'debit, then send: what is taken is lost on the way to the ledger',
    async () => {
      const found = await runRival('debit-then-send');
      expect(found.lost).toBeGreaterThan(0);
      expect(found.balance_too_low).toBeGreaterThan(0);
      expect(found).not.toHaveProperty('doubled');
      expect(found).not.toHaveProperty('balance_too_high');
    },
    WITHIN_MS,
  );

  test(
    'increment keyed by nothing: a retry is charged again',
    async () => {
      const found = await runRival('increment-keyed-by-nothing');
      expect(found.doubled).toBeGreaterThan(0);
      expect(found).not.toHaveProperty('balance_too_high');
    },
    WITHIN_MS,
  );
});

function countKinds({ remains }: Report): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of remains.ledger) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
