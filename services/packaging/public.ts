/** What other services may know of packaging: the shape of a frozen package. */
export {
  decodeLines,
  type HistoryEntry,
  type InvoiceItem,
  invoiceKeyOf,
  isIntact,
  partitionsOf,
  statePartitionOf,
} from './invoice-item.ts';
export { type PackageStore, readAllPackages } from './package-store.ts';
