import type { InvoiceApi, OnSent } from '#services/invoicing/invoice-api-client.ts';
import { pollSubmittedInvoices } from '#services/invoicing/poll-submitted-invoices.ts';
import { sendDueInvoices } from '#services/invoicing/send-due-invoices.ts';
import { connectDynamo } from '#shared/platform/dynamo.ts';
import { connectRedis } from '#shared/platform/redis.ts';
import type { Order } from '../../crash/plan.ts';
import { hookAws, hookRedis, obey, pass, turnsMet } from '../../crash/steps.ts';
import { loopTools, type Workplace } from './loop-tools.ts';

export interface LoopPlan extends Workplace {
  readonly loop: 'send' | 'poll';
  readonly order: Order | undefined;
}

/** It ends earlier, as soon as there is nothing left to do. */
const WITHIN_MS = 60_000;

/** A sender or a poller that dies at the step it is told, or says which steps it has come by. */
process.once('message', async (plan: LoopPlan) => {
  const redis = connectRedis({
    url: process.env.REDIS_URL ?? '',
    isCluster: false,
    commandTimeoutMs: 2_000,
  });
  const dynamo = connectDynamo();
  hookRedis(redis);
  hookAws(dynamo);
  const tools = loopTools(plan, dynamo, redis);
  obey(plan.order);
  const loop = plan.loop === 'send' ? sendDueInvoices : pollSubmittedInvoices;
  await loop(
    { ...tools, api: hookApi(tools.api) },
    { concurrency: 1, deadlineMs: tools.clock.elapsedMs() + WITHIN_MS, idleMs: 0 },
  );
  process.send?.(turnsMet(), () => process.exit());
});

/** Steps before each request to the invoice API, once it has left, and after its answer has come. */
function hookApi({ timeoutMs, submit, lookUp }: InvoiceApi): InvoiceApi {
  const hooked =
    <Subject, Result>(name: string, call: (subject: Subject, onSent: OnSent) => Promise<Result>) =>
    async (subject: Subject, onSent: OnSent = () => {}) => {
      pass(`before ${name}`);
      const result = await call(subject, (isOnNewConnection) => {
        onSent(isOnNewConnection);
        pass(`sent ${name}`);
      });
      pass(`after ${name}`);
      return result;
    };
  return { timeoutMs, submit: hooked('submit', submit), lookUp: hooked('look-up', lookUp) };
}
