import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeReport } from '../harness/report.ts';
import { isQuick } from '../harness/settings.ts';
import { formatTable, whole } from '../harness/table.ts';
import type { Audited } from './audit-process.ts';
import { KEYS_OF_CLIENT } from './stored-history.ts';

/**
 * How much an audit holds in memory and how long it computes, by the number of keys (a client, day, meter, currency and
 * source). The tables are made as they are read, so that no database is measured. It ends with the first size that does
 * not fit into the memory of the function.
 */

/** Three quarters of the memory of audit-conservation, as in the suite `packaging`. */
const HEAP_MB = 768;
const SIZES = [500, 1_000, 2_000, 4_000];

const run = promisify(execFile);

async function audit(clients: number): Promise<Audited | undefined> {
  const args = [
    ...process.execArgv,
    ...['--expose-gc', `--max-old-space-size=${HEAP_MB}`],
    join(import.meta.dirname, 'audit-process.ts'),
    String(clients),
  ];
  try {
    const { stdout } = await run(process.execPath, args);
    return JSON.parse(stdout) as Audited;
  } catch (error) {
    if (String((error as { stderr?: string }).stderr).includes('heap out of memory'))
      return undefined;
    throw error;
  }
}

/** Measures, prints, writes audit.json. */
export async function runAuditBench(): Promise<void> {
  const results: { readonly clients: number; readonly audited: Audited | undefined }[] = [];
  for (const clients of isQuick(process.env) ? SIZES.slice(0, 2) : SIZES) {
    const audited = await audit(clients);
    results.push({ clients, audited });
    if (!audited) break;
  }
  const rows = results.map(({ clients, audited }) => {
    const keys = clients * KEYS_OF_CLIENT;
    if (!audited) return [whole(clients), whole(keys), `more than ${HEAP_MB} MB of heap`];
    const { seconds, liveHeapBytes, peakResidentBytes } = audited;
    const megabytes = [liveHeapBytes, peakResidentBytes].map((bytes) => whole(bytes / 2 ** 20));
    return [
      whole(clients),
      whole(keys),
      seconds.toFixed(1),
      ...megabytes,
      whole(liveHeapBytes / keys),
    ];
  });
  console.log('\nAudit: one process for each size, all stages in memory');
  console.log(
    formatTable(['clients', 'keys', 'seconds', 'live MB', 'resident MB', 'bytes a key'], rows),
  );
  await writeReport('audit', { node: process.version, heapMb: HEAP_MB, results });
}

if (import.meta.main) await runAuditBench();
