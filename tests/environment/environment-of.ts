import { type LocalEnvironment, readLocalEnvironment } from '#localstack/environment.ts';

/** What Jest tells of a project. */
export interface Project {
  readonly displayName?: { readonly name: string };
}

/** The environment of a project's tests: `faults` has one of its own, so that it can run beside the others. */
export function environmentOf({ displayName }: Project): LocalEnvironment {
  const name = displayName?.name === 'faults' ? 'faults' : 'test';
  return readLocalEnvironment(process.env, name);
}
