import { type LocalEnvironment, readLocalEnvironment } from '#localstack/environment.ts';

/** What Jest tells of a project. */
export interface Project {
  readonly displayName?: { readonly name: string };
}

/** Projects whose tests have an environment to themselves, one after the other, beside that of `integration`. */
const APART = ['faults', 'browser'];

/** The environment of a project's tests. */
export function environmentOf({ displayName }: Project): LocalEnvironment {
  const isApart = APART.includes(displayName?.name ?? '');
  return readLocalEnvironment(process.env, isApart ? 'apart' : 'test');
}
