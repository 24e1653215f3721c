import { type ApiTarget, readApiTarget } from '#localstack/api-target.ts';
import { readInteger } from '#localstack/environment.ts';

export interface LoadSettings {
  /** Different charges; some of them are sent twice. */
  readonly charges: number;
  /** Requests under way at once. */
  readonly callers: number;
  readonly accounts: number;
  readonly seed: number;
  /** An API that is deployed elsewhere, in place of the one on the local cloud. */
  readonly target?: ApiTarget;
}

type Variables = Readonly<Record<string, string | undefined>>;

export function readLoadSettings(variables: Variables): LoadSettings {
  const target = readApiTarget(variables, 'an API key with the scopes charge and operate');
  return {
    charges: readInteger(variables, 'CHARGES', 5_000, 1, 1_000_000),
    callers: readInteger(variables, 'CALLERS', 32, 1, 1_000),
    accounts: readInteger(variables, 'ACCOUNTS', 100, 1, 100_000),
    seed: readInteger(variables, 'SEED', 1, 0, 2 ** 32 - 1),
    ...(target && { target }),
  };
}
