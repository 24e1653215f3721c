import { setTimeout as delay } from 'node:timers/promises';
import { emitMetrics, log } from '#shared/platform/log.ts';
import { auditConservation, persisting } from '../audit-conservation.ts';
import { wireAudit } from '../wiring.ts';

/** Long enough for what is on its way to the ledger to arrive, by the second try of a message that was hidden for 3 minutes. */
const SETTLE_MS = 240_000;
const SHOWN = 20;

export async function handler() {
  const audit = wireAudit();
  const settledUntilMs = Date.now() - SETTLE_MS;
  let report = await auditConservation(audit, settledUntilMs);
  if (report.differences.length + report.balances.length + report.entries.length > 0) {
    await delay(SETTLE_MS);
    report = persisting(report, await auditConservation(audit, settledUntilMs));
  }
  const found = {
    differences: report.differences.length,
    balances: report.balances.length,
    entries: report.entries.length,
  };
  emitMetrics({ auditDifferences: found.differences + found.balances + found.entries });
  const first = {
    differences: report.differences.slice(0, SHOWN),
    balances: report.balances.slice(0, SHOWN),
    entries: report.entries.slice(0, SHOWN),
  };
  log.info('audit', { ...found, accounts: report.accounts, totals: report.totals, first });
  return { ...found, accounts: report.accounts, totals: report.totals };
}
