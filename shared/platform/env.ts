import * as z from 'zod/mini';

/** Reads settings from the environment once, at start-up; a missing or wrong one names itself. */
export function readEnv<T extends z.ZodMiniType>(schema: T): z.infer<T> {
  const result = z.safeParse(schema, process.env);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The environment is incomplete: ${issues.join('; ')}`);
}

/** A setting that is a whole number from `min` to `max`. */
export function integer(min: number, max: number) {
  return z.pipe(
    z.string().check(
      z.regex(/^\d{1,12}$/, { error: 'must be a whole number' }),
      z.refine((text) => Number(text) >= min && Number(text) <= max, {
        error: `must be from ${min} to ${max}`,
      }),
    ),
    z.transform(Number),
  );
}

export const text = z.string().check(z.minLength(1));
