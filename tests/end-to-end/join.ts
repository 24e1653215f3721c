import { readLocalEnvironment } from '#localstack/environment.ts';
import { silentSteps } from '#localstack/run/progress.ts';
import { joinSession, type Session } from '#localstack/run/session.ts';

/** A session on the environment that the tests' set-up has brought up. */
export function joinTestSession(): Promise<Session> {
  const environment = readLocalEnvironment(process.env, 'test');
  return joinSession(environment, process.env.TOLLGATE_API_KEY ?? '', silentSteps());
}
