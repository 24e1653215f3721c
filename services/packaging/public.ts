/** What other services may know of packaging: the shape of a frozen package. */
export {
  decodeLines,
  type HistoryEntry,
  INDEX_BUCKETS,
  type InvoiceItem,
  invoiceKeyOf,
  statePartitionOf,
} from './invoice-item.ts';
export { type PackageStore, readAllPackages } from './package-store.ts';
