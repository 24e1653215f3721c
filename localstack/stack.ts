import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempDisposableSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buildPage } from '../infrastructure/page/build-page.ts';
import { readBundledCode } from './bundled-code.ts';
import { runCommand } from './command.ts';
import {
  childVariables,
  type LocalEnvironment,
  REPOSITORY_FOLDER,
  readLocalEnvironment,
} from './environment.ts';
import { withLock } from './lock.ts';

/** Deploys the stack to a local environment by a stock `serverless deploy`. Throws with the end of its log. */
export async function deployLocally(
  environment: LocalEnvironment,
  say: (line: string) => void = () => {},
): Promise<void> {
  await withLockOfCheckout(environment, async () => {
    await buildPage(say);
    const code = readBundledCode();
    await run(environment, 'deploy', { TOLLGATE_CODE_IS_BUNDLED: String(code.isThere) });
    code.note();
  });
}

/** Removes the stack from a local environment, with everything that it holds. */
function removeLocally(environment: LocalEnvironment): Promise<void> {
  return withLockOfCheckout(environment, () => run(environment, 'remove'));
}

/** Two deploys of one checkout would build into the same folders. */
async function withLockOfCheckout(
  environment: LocalEnvironment,
  action: () => Promise<void>,
): Promise<void> {
  mkdirSync(environment.temporaryFolder, { recursive: true });
  await withLock(join(REPOSITORY_FOLDER, '.local'), action);
}

async function run(
  environment: LocalEnvironment,
  command: 'deploy' | 'remove',
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const logFile = join(environment.stateFolder, `${command}.log`);
  // What its plugins unpack there, they leave there.
  using temporary = mkdtempDisposableSync(join(environment.temporaryFolder, `${command}-`));
  const child = spawn('serverless', [command, '--stage', environment.stage], {
    cwd: REPOSITORY_FOLDER,
    env: {
      ...childVariables(environment),
      TMPDIR: temporary.path,
      TOLLGATE_REDIS_URL: environment.redisUrl,
      TOLLGATE_INVOICE_API_URL: environment.invoiceApiUrl,
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile);
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  await pipeline(child.stdout, log, { end: false });
  const status = await ended;
  await new Promise((resolve) => log.end(resolve));
  if (status === 0) return;
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-30).join('\n');
  throw new Error(`serverless ${command} failed:\n${lines}`);
}

if (import.meta.main) {
  await runCommand(async () => {
    const environment = readLocalEnvironment();
    if (process.argv[2] === 'remove') {
      await removeLocally(environment);
      console.log('Removed from the local cloud.');
    } else {
      await deployLocally(environment, console.log);
      console.log(`Deployed to the local cloud: ${environment.httpApiUrl}/v1`);
    }
  });
}
