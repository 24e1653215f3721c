import { loadData } from '#localstack/load.ts';
import { deployLocally } from '#localstack/stack.ts';
import type { Project } from './environment-of.ts';
import setUpServers from './set-up-servers.ts';

/**
 * Brings up an environment of the tests' own, deploys to it, and tells the tests by variables where the deployed API is.
 */
export default async function setUp(jest: unknown, project: Project): Promise<void> {
  const environment = await setUpServers(jest, project);
  await deployLocally(environment);
  process.env.TOLLGATE_API_URL = environment.httpApiUrl;
  process.env.TOLLGATE_API_KEY = (await loadData(environment)).apiKey;
}
