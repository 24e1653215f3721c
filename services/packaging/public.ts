/** What other services may know of packaging: the shape of a frozen package, and how it looks on a wire. */
export {
  DamagedLinesError,
  type FrozenPackage,
  freezePackage,
  type PackedLines,
  storedPackage,
  unpackLines,
} from './frozen-package.ts';
export {
  clientRevisionOf,
  type HistoryEntry,
  type InvoiceHead,
  type InvoiceItem,
  invoiceKeyOf,
  partitionsOf,
  statePartitionOf,
} from './invoice-item.ts';
export { noSuchInvoice, parseInvoiceName, parseInvoicePath } from './invoice-path.ts';
export { readLines } from './lines-store.ts';
export {
  type PackageStore,
  readAllInvoices,
  readAllPackages,
  readPackages,
} from './package-store.ts';
export { presentInvoice, presentLines, presentSummary } from './present-invoice.ts';
