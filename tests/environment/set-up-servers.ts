import { childVariables, type LocalEnvironment } from '#localstack/environment.ts';
import { startEnvironment } from '#localstack/start.ts';
import { stopEnvironment } from '#localstack/stop.ts';
import { environmentOf, type Project } from './environment-of.ts';

/**
 * Brings up the servers of an environment of the tests' own, on ports of its own and with the roles of functions enforced,
 * and tells the tests by variables where they are.
 */
export default async function setUpServers(
  _: unknown,
  project: Project,
): Promise<LocalEnvironment> {
  process.env.TOLLGATE_ENFORCE_IAM ??= 'true';
  const environment = environmentOf(project);
  await stopEnvironment(environment);
  await startEnvironment(environment);
  Object.assign(process.env, childVariables(environment), {
    REDIS_URL: environment.redisUrl,
    INVOICE_API_URL: environment.invoiceApiUrl,
  });
  return environment;
}
