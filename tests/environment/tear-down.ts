import { stopEnvironment } from '#localstack/stop.ts';
import { environmentOf, type Project } from './environment-of.ts';

/** Leaves nothing running. KEEP=1 leaves the environment up to look at. */
export default async function tearDown(_: unknown, project: Project): Promise<void> {
  if (process.env.KEEP === '1') return;
  await stopEnvironment(environmentOf(project));
}
