import {
  type EnvironmentName,
  type LocalEnvironment,
  readLocalEnvironment,
} from '#localstack/environment.ts';

/** What Jest tells of a project. */
export interface Project {
  readonly displayName?: { readonly name: string };
}

/** Those that share one do not run at the same time. */
const ENVIRONMENTS: Readonly<Record<string, EnvironmentName>> = {
  integration: 'test',
  'end-to-end': 'e2e',
  browser: 'apart',
  crash: 'apart',
  explanations: 'apart',
  faults: 'apart',
};

/** The environment of a project's tests. */
export function environmentOf({ displayName }: Project): LocalEnvironment {
  const name = ENVIRONMENTS[displayName?.name ?? ''];
  if (name === undefined) throw new Error(`The project ${displayName?.name} has no environment`);
  return readLocalEnvironment(process.env, name);
}
