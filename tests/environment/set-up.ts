import { childVariables } from '#localstack/environment.ts';
import { loadData } from '#localstack/load.ts';
import { deployLocally } from '#localstack/stack.ts';
import { startEnvironment } from '#localstack/start.ts';
import { stopEnvironment } from '#localstack/stop.ts';
import { environmentOf, type Project } from './environment-of.ts';

/**
 * Brings up an environment of the tests' own, on ports of its own and with the roles of the functions enforced,
 * deploys to it, and tells the tests by variables where it is.
 */
export default async function setUp(_: unknown, project: Project): Promise<void> {
  process.env.TOLLGATE_ENFORCE_IAM ??= 'true';
  const environment = environmentOf(project);
  await stopEnvironment(environment);
  await startEnvironment(environment);
  await deployLocally(environment);
  Object.assign(process.env, childVariables(environment), {
    REDIS_URL: environment.redisUrl,
    TOLLGATE_API_URL: environment.httpApiUrl,
    TOLLGATE_API_KEY: (await loadData(environment)).apiKey,
    INVOICE_API_URL: environment.invoiceApiUrl,
  });
}
