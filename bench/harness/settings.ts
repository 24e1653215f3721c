type Variables = Readonly<Record<string, string | undefined>>;

/** Whether a first look is enough: fewer and shorter rounds. */
export function isQuick(env: Variables): boolean {
  return env.QUICK === '1';
}

/** A setting of a suite, given as a text or not at all. Throws where it is no whole number from `least` on. */
export function wholeNumber(
  name: string,
  given: string | undefined,
  otherwise: number,
  least = 1,
): number {
  if (given === undefined || given === '') return otherwise;
  if (!/^\d{1,9}$/.test(given) || Number(given) < least) {
    throw new Error(`${name} must be a whole number of at least ${least}.`);
  }
  return Number(given);
}
