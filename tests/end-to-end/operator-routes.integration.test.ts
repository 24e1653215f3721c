import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from '@jest/globals';
import { until } from '#localstack/run/cloud.ts';
import { PriceListAnswer } from '#shared/contracts/daily-usage.ts';
import { DeadLetterList, QueueList, RedriveAnswer } from '#shared/contracts/dead-letters.ts';
import { ConservationProof } from '#shared/contracts/proof.ts';

/** What the operator's page reads, from the deployed stack with the roles of its functions enforced. */

const headers = { authorization: `Bearer ${process.env.TOLLGATE_API_KEY}` };

async function ask(method: 'GET' | 'POST', path: string) {
  const response = await fetch(`${process.env.TOLLGATE_API_URL}${path}`, { method, headers });
  return { status: response.status, body: await response.json() };
}

test('a dead letter is seen, is still there, and goes back', async () => {
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
  const { QueueUrl } = await sqs.send(
    new GetQueueUrlCommand({ QueueName: 'tollgate-local-consumption-dlq' }),
  );
  const body = `operator ${Math.random()}`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
  const letters = async () => {
    const list = DeadLetterList.parse((await ask('GET', '/v1/dead-letters')).body);
    return list.letters.filter(({ preview }) => preview === body);
  };
  await until('the look', 20_000, async () => (await letters())[0]?.reason === 'gave_up');
  const queues = QueueList.parse((await ask('GET', '/v1/queues')).body);
  expect(queues.queues[0]?.deadLetters).toBeGreaterThanOrEqual(1);
  const redrive = await ask('POST', '/v1/dead-letters/redrive');
  expect(RedriveAnswer.parse(redrive.body).redriven).toBeGreaterThanOrEqual(1);
  // It is no better than before: the consumer puts it aside again, now with its reason.
  await until('its return', 20_000, async () => (await letters())[0]?.reason === 'not_json');
}, 60_000);

test('a proof is started, and read once it is there', async () => {
  const startedAt = new Date().toISOString();
  expect(await ask('POST', '/v1/conservation')).toEqual({ status: 202, body: {} });
  await until('the proof', 300_000, async () => {
    const { status, body } = await ask('GET', '/v1/conservation');
    return status === 200 && ConservationProof.parse(body).provenAt > startedAt;
  });
}, 310_000);

test('prices and the usage of a client are shown', async () => {
  const { prices } = PriceListAnswer.parse((await ask('GET', '/v1/prices')).body);
  expect(prices.length).toBeGreaterThan(0);
  expect(await ask('GET', '/v1/clients/nobody/usage?period=2026-11-H1')).toEqual({
    status: 200,
    body: { client: 'nobody', period: '2026-11-H1', days: [] },
  });
});
