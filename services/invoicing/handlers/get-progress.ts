import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain, ProblemError } from '#shared/platform/problem-error.ts';
import { parsePeriod } from '../invoice-request.ts';
import { recentProgress } from '../progress-wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const reading = recentProgress()(parsePeriod(request));
  const progress = await orTryAgain(reading, 'The invoices could not be counted; ask again.');
  if (!progress) throw new ProblemError('not_found', 'Nothing has been used yet.');
  return json(200, progress);
});
