import type { Context } from 'aws-lambda';
import { emitMetrics, log } from '#shared/platform/log.ts';
import { findingsOf } from '../audit-conservation.ts';
import { proveConservation } from '../prove-conservation.ts';
import { wireProving } from '../wiring.ts';

const SHOWN = 20;

export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) {
  const report = await proveConservation(wireProving(), () => context.getRemainingTimeInMillis());
  const found = {
    differences: report.differences.length,
    balances: report.balances.length,
    entries: report.entries.length,
    trees: report.trees.length,
    packages: report.packages.length,
  };
  emitMetrics({ auditDifferences: findingsOf(report) });
  const first = {
    differences: report.differences.slice(0, SHOWN),
    balances: report.balances.slice(0, SHOWN),
    entries: report.entries.slice(0, SHOWN),
    trees: report.trees.slice(0, SHOWN),
    packages: report.packages.slice(0, SHOWN),
  };
  const { accounts, totals, isSeenOnce } = report;
  log.info('audit', { ...found, isSeenOnce, accounts, totals, first });
  return { ...found, accounts, totals };
}
