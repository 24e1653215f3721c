import { CorrectionBody } from '#shared/contracts/invoices.ts';
import { httpHandler, json, keyIdOf, parseBody } from '#shared/platform/http.ts';
import { orTryAgain } from '#shared/platform/problem-error.ts';
import { correctPackage } from '../correct-package.ts';
import { notCorrectableProblem } from '../correction-problem.ts';
import { noSuchInvoice, parseInvoicePath } from '../invoice-path.ts';
import { presentInvoice } from '../present-invoice.ts';
import { wireCorrecting } from '../wiring.ts';

const AWAY = 'The invoices could not be reached in time. Send the same request again.';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const key = parseInvoicePath(request);
  const { reason, isNotTaken, lines } = parseBody(request, CorrectionBody);
  const amounts = lines.map(({ description, amount }) => ({ description, amountMicros: amount }));
  const wish = { reason, isNotTaken, lines: amounts, keyId: keyIdOf(request) };
  const result = await orTryAgain(correctPackage(wireCorrecting(), key, wish), AWAY);
  if (result.type === 'not_found') throw noSuchInvoice();
  if (result.type === 'not_correctable') throw notCorrectableProblem(result);
  return json(201, presentInvoice(result.made));
});
