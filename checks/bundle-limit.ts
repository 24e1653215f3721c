/** Most bytes that the code of the charge Lambda may have: a cold start reads and compiles all of it. */
export const BUNDLE_LIMIT_BYTES = 150_000;
