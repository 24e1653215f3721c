import { httpHandler, json } from '#shared/platform/http.ts';
import { parseListRequest } from '../invoice-request.ts';
import { listInvoices } from '../list-invoices.ts';
import { invoiceStore } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const { filter, limit, cursor } = parseListRequest(request);
  return json(200, await listInvoices(invoiceStore(), filter, limit, cursor));
});
