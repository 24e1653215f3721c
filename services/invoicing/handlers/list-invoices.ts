import { httpHandler, json } from '#shared/platform/http.ts';
import { parseListRequest } from '../invoice-request.ts';
import { listInvoices } from '../list-invoices.ts';
import { invoiceIndex } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const { list, limit, cursor } = parseListRequest(request);
  return json(200, await listInvoices(invoiceIndex(), list, limit, Date.now(), cursor));
});
