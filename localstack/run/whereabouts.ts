import type { LocalEnvironment } from '#localstack/environment.ts';

/** Says where everything is and how to go on by hand. */
export function printWhereabouts(
  { environment, apiKey }: { readonly environment: LocalEnvironment; readonly apiKey: string },
  say: (line: string) => void = console.log,
): void {
  const { httpApiUrl } = environment;
  say(`
  Everything is still up.

  The operator's page:
    ${httpApiUrl}/dashboard
    It asks for a key: ${apiKey}

  Charge a client:
    curl ${httpApiUrl}/v1/charges \\
      -H 'authorization: Bearer ${apiKey}' -H 'content-type: application/json' \\
      -d '{"id":"my-first-charge","client":"prepaid-001","amount":"0.05","currency":"USD","meter":"api.requests","quantity":"1"}'

  Its invoices:       curl '${httpApiUrl}/v1/invoices?client=prepaid-001' -H 'authorization: Bearer ${apiKey}'
  OpenAPI document:   ${httpApiUrl}/v1/openapi.json (with the same key)
  Local cloud:        ${environment.cloudUrl}
  Invoice API books:  ${environment.invoiceApiUrl}/books
  Stop everything:    make stop
`);
}
