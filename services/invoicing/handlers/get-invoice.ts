import { noSuchInvoice, parseInvoicePath, presentInvoice } from '#services/packaging/public.ts';
import { httpHandler, json } from '#shared/platform/http.ts';
import { invoiceStore } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const store = invoiceStore();
  const item = await store.get(parseInvoicePath(request));
  if (!item) throw noSuchInvoice();
  return json(200, presentInvoice({ item, packed: await store.linesOf(item) }));
});
