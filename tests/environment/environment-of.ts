import {
  type EnvironmentName,
  type LocalEnvironment,
  readLocalEnvironment,
} from '#localstack/environment.ts';

/** What Jest tells of a project. */
export interface Project {
  readonly displayName?: { readonly name: string };
}

/** Of projects beside `integration`; those that share one do not run at the same time. */
const OWN: Readonly<Record<string, EnvironmentName>> = {
  faults: 'apart',
  browser: 'apart',
  crash: 'crash',
};

/** The environment of a project's tests. */
export function environmentOf({ displayName }: Project): LocalEnvironment {
  return readLocalEnvironment(process.env, OWN[displayName?.name ?? ''] ?? 'test');
}
