/** What an API key may do: charge accounts, send usage, or operate (accounts, invoices, documents). */
export const SCOPES = ['charge', 'usage', 'operate'] as const;
export type Scope = (typeof SCOPES)[number];
