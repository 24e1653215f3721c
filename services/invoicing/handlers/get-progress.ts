import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain, ProblemError } from '#shared/platform/problem-error.ts';
import { parsePeriod } from '../invoice-request.ts';
import { latestPeriod, listPeriods } from '../periods.ts';
import { wireProgress } from '../progress-wiring.ts';
import { readProgress } from '../read-progress.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const asked = parsePeriod(request);
  const sources = wireProgress();
  const read = async () => {
    const period = asked ?? (await latestPeriod(sources.index, await listPeriods(sources.usage)));
    return period === undefined ? undefined : readProgress(sources, period, Date.now());
  };
  const progress = await orTryAgain(read(), 'The invoices could not be counted; ask again.');
  if (!progress) throw new ProblemError('not_found', 'Nothing has been used yet.');
  return json(200, progress);
});
