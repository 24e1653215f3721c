/** Zod keeps its settings on the global object, which jest hands from one test file to the next: each begins with none. */
delete globalThis.__zod_globalConfig;
