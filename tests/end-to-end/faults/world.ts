import { type LocalEnvironment, readLocalEnvironment } from '#localstack/environment.ts';
import { connectSimulator, type Simulator } from '#localstack/invoice-api/connect-simulator.ts';
import { NO_FAULTS } from '#localstack/invoice-api/settings.ts';
import { type Api, connectApi } from '#localstack/run/api.ts';
import { type Cloud, connectCloud } from '#localstack/run/cloud.ts';
import { prepareSending } from '#localstack/run/sending.ts';
import { SendingStatus } from '#shared/contracts/sending.ts';

/** The environment of these tests alone: the invoice API of all others would be down for minutes. */
export interface World {
  readonly environment: LocalEnvironment;
  readonly cloud: Cloud;
  readonly invoicesTable: string;
  readonly api: Api;
  readonly simulator: Simulator;
}

const environment = readLocalEnvironment();

export async function openWorld(): Promise<World> {
  const cloud = connectCloud(environment);
  const world = {
    environment,
    cloud,
    invoicesTable: `${cloud.prefix}-invoices`,
    api: connectApi(environment.httpApiUrl, process.env.TOLLGATE_API_KEY ?? ''),
    simulator: connectSimulator(environment.invoiceApiUrl),
  };
  // Only the faults that the tests ask for, and the very rate that senders keep to.
  const { rate } = await readSending(world);
  await world.simulator.configure({
    requestsPerSecond: rate.allowedPerSecond,
    latencyMs: { min: 20, max: 150 },
    decisionMs: { min: 300, max: 1_500 },
    shares: NO_FAULTS,
  });
  return world;
}

/** Runs `work` while two senders and two pollers are at work, beside those that the schedule starts. */
export async function whileSending<T>({ cloud }: World, work: () => Promise<T>) {
  const sendings = [1, 2].map(() => prepareSending(cloud, environment.invoiceApiUrl));
  for (const sending of sendings) sending.start();
  const stop = () => Promise.all(sendings.map((sending) => sending.stop()));
  try {
    return await work();
  } finally {
    await stop();
  }
}

export async function readSending({ api }: Pick<World, 'api'>): Promise<SendingStatus> {
  const { body } = await api.get('/v1/sending');
  return SendingStatus.parse(body);
}
