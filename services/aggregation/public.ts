/** What other services may read of aggregation. The marks are cleared by packaging, their only reader. */
export {
  ENTRY_KEY,
  type EntryItem,
  type EntryStore,
  keyAfter,
  readAllEntries,
  readEntryItems,
} from './entry-store.ts';
export {
  DamagedBatchError,
  hasBatches,
  type LedgerStore,
  readBatch,
  readLedger,
  readShard,
} from './ledger-store.ts';
export {
  clearMarkedPeriod,
  clearUsageMark,
  countUsageMarks,
  type Mark,
  readAllUsage,
  readDailyRecords,
  readDeltas,
  readFolds,
  readMarkedPeriods,
  readPeriods,
  readUsageMarks,
  type UsageStore,
} from './usage-store.ts';
