import { createOwnTable } from '#shared/testing/own-table.ts';

/** An invoices table of a test's own, with the index by which the loops find what is due. */
export const createOwnInvoices = () =>
  createOwnTable('invoices', [['by-state', 'statePartition', 'dueAtMs', 'N']]);
