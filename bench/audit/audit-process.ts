import { AT_REST, auditConservation, findingsOf } from '#services/audit/audit-conservation.ts';
import { historyOf, SHARDS } from './stored-history.ts';

/** One audit of so many clients, in a process that holds nothing else. Says what it took. */

export interface Audited {
  readonly seconds: number;
  /** What is really held: the most after a sweep, once a second, and at the end. */
  readonly liveHeapBytes: number;
  readonly peakResidentBytes: number;
}

const SWEEP_MS = 1_000;

let liveHeapBytes = 0;
function sweep(): void {
  globalThis.gc?.();
  liveHeapBytes = Math.max(liveHeapBytes, process.memoryUsage().heapUsed);
}

const dynamo = historyOf(Number(process.argv[2]));
const table = (name: string) => ({ dynamo, table: name });
const sweeping = setInterval(sweep, SWEEP_MS);
const startedAt = performance.now();
const report = await auditConservation(
  {
    sources: {
      ledger: table('ledger'),
      entries: table('entries'),
      usage: table('usage'),
      packages: table('packages'),
    },
    // Usage that is not prepaid moves no balance, so none is read.
    accounts: { redis: undefined as never, shards: SHARDS },
  },
  AT_REST,
);
const seconds = (performance.now() - startedAt) / 1_000;
sweep();
clearInterval(sweeping);
if (findingsOf(report) > 0) throw new Error(JSON.stringify(report.trees.slice(0, 3)));
const audited: Audited = {
  seconds,
  liveHeapBytes,
  peakResidentBytes: process.resourceUsage().maxRSS * 1_024,
};
process.stdout.write(JSON.stringify(audited));
