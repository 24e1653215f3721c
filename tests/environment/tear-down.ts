import { readLocalEnvironment } from '#localstack/environment.ts';
import { stopEnvironment } from '#localstack/stop.ts';

/** Leaves nothing running. KEEP=1 leaves the environment up to look at. */
export default async function tearDown(): Promise<void> {
  if (process.env.KEEP === '1') return;
  await stopEnvironment(readLocalEnvironment(process.env, 'test'));
}
