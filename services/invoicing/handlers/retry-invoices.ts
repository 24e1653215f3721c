import { RetriesBody } from '#shared/contracts/invoices.ts';
import { httpHandler, json, keyIdOf, parseBody } from '#shared/platform/http.ts';
import { retryInvoices } from '../retry-invoices.ts';
import { invoiceIndex, invoiceStore } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const body = parseBody(request, RetriesBody, 65_536);
  const keyId = keyIdOf(request);
  return json(200, await retryInvoices(invoiceStore(), invoiceIndex(), body, Date.now(), keyId));
});
