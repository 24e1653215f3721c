import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain } from '#shared/platform/problem-error.ts';
import { listPeriods } from '../periods.ts';
import { wireProgress } from '../progress-wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async () => {
  const reading = listPeriods(wireProgress().usage);
  const periods = await orTryAgain(reading, 'The half months could not be read; ask again.');
  return json(200, { periods });
});
