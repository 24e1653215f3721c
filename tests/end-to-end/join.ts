import { readLocalEnvironment } from '#localstack/environment.ts';
import { silentSteps } from '#localstack/run/progress.ts';
import { joinSession, type Session } from '#localstack/run/session.ts';
import { readPrices } from '#localstack/seed/prices.ts';

/** A session on the environment that the tests' set-up has brought up. */
export function joinTestSession(): Promise<Session> {
  const environment = readLocalEnvironment();
  const data = { apiKey: process.env.TOLLGATE_API_KEY ?? '', prices: readPrices() };
  return joinSession(environment, data, silentSteps());
}
