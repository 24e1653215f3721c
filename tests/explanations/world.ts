import pMap from 'p-map';
import { consumeBatch } from '#services/aggregation/consume-batch.ts';
import { rollUpShard } from '#services/aggregation/roll-up.ts';
import { explain } from '#services/audit/explain/explain.ts';
import type { Explaining } from '#services/audit/explain/explaining.ts';
import { packageChunk } from '#services/packaging/package-chunk.ts';
import { planChunks } from '#services/packaging/plan-chunks.ts';
import { type FrozenPackage, readAllPackages } from '#services/packaging/public.ts';
import { Explanation, LineExplanation } from '#shared/contracts/explanation.ts';
import type { SealedBatch } from '#shared/contracts/sealed-batch.ts';
import { type PackagingRules, PLAIN_RULES } from '#shared/domain/carry-over.ts';
import { parseInvoiceId } from '#shared/domain/packaging.ts';
import { createOwnTable, type OwnTable } from '#shared/testing/own-table.ts';

export const SHARDS = 4;
export const PERIOD = '2026-11-H1';

/** Everything that was asked for about one invoice, as the verifier takes it. */
export interface Explained {
  readonly explanation: Explanation;
  readonly lines: readonly LineExplanation[];
}

/** From batches to packages, by the code of the services on tables of the test's own. */
export interface World {
  readonly usage: OwnTable;
  readonly ledger: OwnTable;
  readonly invoices: OwnTable;
  readonly explaining: Explaining;
  readonly consume: (...batches: readonly SealedBatch[]) => Promise<void>;
  readonly rollUp: () => Promise<void>;
  /** Rolls up and packages the half month. */
  readonly bill: (rules?: PackagingRules) => Promise<void>;
  /** By revision. */
  readonly packages: () => Promise<FrozenPackage[]>;
  readonly explainInvoice: (id: string) => Promise<Explanation>;
  readonly explainLine: (id: string, line: number, cursor?: string) => Promise<LineExplanation>;
  /** The explanation with all pages of all its lines. */
  readonly explainAll: (id: string) => Promise<Explained>;
  readonly remove: () => Promise<void>;
}

const nameOf = (id: string) => {
  const parts = parseInvoiceId(id);
  if (!parts) throw new Error(`${id} is no id of an invoice`);
  return { id, ...parts };
};

export async function createWorld(): Promise<World> {
  const [usage, ledger, entries, invoices] = (await Promise.all(
    ['usage', 'ledger', 'entries', 'invoices'].map((name) => createOwnTable(name)),
  )) as [OwnTable, OwnTable, OwnTable, OwnTable];
  const explaining = { usage, ledger, packages: invoices, shards: SHARDS, last: {} };
  const rollUp = async () => {
    for (let shard = 0; shard < SHARDS; shard++) await rollUpShard(usage, shard);
  };
  const explainInvoice = async (id: string) =>
    Explanation.parse(
      await explain(explaining, { invoice: nameOf(id), line: undefined, cursor: undefined }),
    );
  const explainLine = async (id: string, line: number, cursor?: string) =>
    LineExplanation.parse(
      await explain(explaining, {
        invoice: nameOf(id),
        line,
        cursor: cursor === undefined ? undefined : Number(cursor),
      }),
    );
  return {
    ...{ usage, ledger, invoices, explaining, rollUp, explainInvoice, explainLine },
    async consume(...batches) {
      for (const batch of batches) await consumeBatch({ ledger, usage, entries }, batch);
    },
    async bill(rules = PLAIN_RULES) {
      await rollUp();
      const cut = { capacity: 1_000, maxChunks: 10 };
      const packaging = {
        ...{ usage, packages: invoices, shards: SHARDS, rules },
        nowMs: () => Date.parse('2026-11-16T12:00:00Z'),
      };
      for (const chunk of await planChunks(usage, SHARDS, PERIOD, cut)) {
        await packageChunk(packaging, chunk);
      }
    },
    async packages() {
      const packages = await Array.fromAsync(readAllPackages(invoices));
      return packages.sort((a, b) => (a.item.sk < b.item.sk ? -1 : 1));
    },
    async explainAll(id) {
      const explanation = await explainInvoice(id);
      const lines = await pMap(
        explanation.lines.filter(({ record }) => record),
        ({ index }) => allPages((cursor) => explainLine(id, index, cursor)),
        { concurrency: 4 },
      );
      return { explanation, lines: lines.flat() };
    },
    async remove() {
      await Promise.all([usage, ledger, entries, invoices].map((table) => table.remove()));
    },
  };
}

async function allPages(
  read: (cursor?: string) => Promise<LineExplanation>,
): Promise<LineExplanation[]> {
  const pages = [await read()];
  for (let cursor = pages[0]?.nextCursor; cursor !== undefined; cursor = pages.at(-1)?.nextCursor) {
    pages.push(await read(cursor));
  }
  return pages;
}
