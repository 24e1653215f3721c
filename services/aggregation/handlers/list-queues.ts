import { httpHandler, json } from '#shared/platform/http.ts';
import { orTryAgain } from '#shared/platform/problem-error.ts';
import { listQueues } from '../list-queues.ts';
import { wireQueues } from '../wiring.ts';

export const handler = httpHandler({ scope: 'operate' }, async () =>
  json(200, await orTryAgain(listQueues(wireQueues()), 'A queue did not answer; ask again.')),
);
