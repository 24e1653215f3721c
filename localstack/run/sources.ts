import type { AuditSources } from '#services/audit/read-stages.ts';
import type { Cloud } from './cloud.ts';

/** The deployed tables, as the audit reads them. */
export function auditSources({ dynamo, prefix }: Cloud): AuditSources {
  const table = (name: string) => ({ dynamo, table: `${prefix}-${name}` });
  return {
    ledger: table('ledger'),
    entries: table('entries'),
    usage: table('usage'),
    packages: table('invoices'),
  };
}
