import { isNotFound } from '../api/failure.ts';

/** A deployment that is new has no half month, which is no failure. */
export function nothingYet(error: unknown) {
  if (!isNotFound(error)) return undefined;
  return <p className="dim">Nothing yet: no usage has come that could be invoiced.</p>;
}
