import type { ExplainTarget } from './fetch-explanation.ts';

export interface ExplainSettings {
  /** An API that is deployed elsewhere, in place of the one on the local cloud. */
  readonly target?: ExplainTarget;
  /** The id of the invoice. */
  readonly invoice: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

export function readExplainSettings(variables: Variables): ExplainSettings {
  const { API_URL, API_KEY, INVOICE, STAGE } = variables;
  if (!INVOICE) throw new Error('Say which invoice: make explain INVOICE=2026-11-H1.1.acme');
  if (STAGE && STAGE !== 'local' && !API_URL) {
    throw new Error(
      `STAGE is "${STAGE}": give API_URL, the address of its API, and API_KEY, a key that may operate.`,
    );
  }
  if (API_URL && !API_KEY) throw new Error('API_URL needs API_KEY, a key with the scope operate.');
  return {
    ...(API_URL && { target: { url: API_URL.replace(/\/(v1\/?)?$/, ''), apiKey: API_KEY ?? '' } }),
    invoice: INVOICE,
  };
}
