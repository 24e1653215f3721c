import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain } from '#shared/platform/problem-error.ts';
import { readDailyUsage } from '../read-daily-usage.ts';
import { parseUsageRequest } from '../usage-request.ts';
import { wireDailyUsage } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async (request) => {
  const { store, timeZone } = wireDailyUsage();
  const { client, period } = parseUsageRequest(request, Date.now(), timeZone);
  const usage = readDailyUsage(store, client, period);
  return json(200, await orTryAgain(usage, 'The daily records could not be read; ask again.'));
});
