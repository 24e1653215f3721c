import { type LocalEnvironment, readLocalEnvironment } from '#localstack/environment.ts';

/** What Jest tells of a project. */
export interface Project {
  readonly displayName?: { readonly name: string };
}

/** Projects whose tests have an environment to themselves, beside that of `integration`. */
const ENVIRONMENTS = new Map([
  ['faults', 'apart'],
  ['browser', 'apart'],
  ['crash', 'crash'],
] as const);

/** The environment of a project's tests. */
export function environmentOf({ displayName }: Project): LocalEnvironment {
  const own = [...ENVIRONMENTS].find(([project]) => project === displayName?.name);
  return readLocalEnvironment(process.env, own?.[1] ?? 'test');
}
