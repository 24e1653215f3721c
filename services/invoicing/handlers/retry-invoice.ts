import { noSuchInvoice, parseInvoicePath, presentInvoice } from '#services/packaging/public.ts';
import { httpHandler, json, keyIdOf } from '#shared/platform/http.ts';
import { ProblemError } from '#shared/platform/problem-error.ts';
import { retryInvoice } from '../retry-invoice.ts';
import { invoiceStore } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const keyId = keyIdOf(request);
  const store = invoiceStore();
  const result = await retryInvoice(store, parseInvoicePath(request), Date.now(), keyId);
  if (result.type === 'not_found') throw noSuchInvoice();
  if (result.type === 'not_retryable') {
    const { state } = result;
    throw new ProblemError('not_retryable', `It is ${state}; only what is parked can be retried.`, {
      data: { state },
    });
  }
  const { item } = result;
  return json(202, presentInvoice({ item, packed: await store.linesOf(item) }));
});
