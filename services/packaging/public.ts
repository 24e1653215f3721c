/** What other services may know of packaging: the shape of a frozen package, and how it looks on a wire. */
export {
  clientRevisionOf,
  decodeLines,
  type HistoryEntry,
  type InvoiceHead,
  type InvoiceItem,
  invoiceKeyOf,
  isIntact,
  partitionsOf,
  sha256Of,
  statePartitionOf,
  storedPackage,
} from './invoice-item.ts';
export { noSuchInvoice, parseInvoicePath } from './invoice-path.ts';
export {
  type PackageStore,
  readAllInvoices,
  readAllPackages,
  readPackages,
} from './package-store.ts';
export { presentInvoice, presentLines, presentSummary } from './present-invoice.ts';
