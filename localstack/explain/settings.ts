import { type ApiTarget, readOperatedTarget } from '#localstack/api-target.ts';

export interface ExplainSettings {
  /** An API that is deployed elsewhere, in place of the one on the local cloud. */
  readonly target?: ApiTarget;
  /** The id of the invoice. */
  readonly invoice: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

export function readExplainSettings(variables: Variables): ExplainSettings {
  const { INVOICE } = variables;
  if (!INVOICE) throw new Error('Say which invoice: make explain INVOICE=2026-11-H1.1.acme');
  const target = readOperatedTarget(variables);
  return { ...(target && { target }), invoice: INVOICE };
}
