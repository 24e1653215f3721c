import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** The built page as one file of JSON, in the form of services/dashboard/built-page.ts. */
export const BUILT_PAGE_FILE = join(ROOT, '.local/dashboard/page.json');

/** Most bytes of script, compressed by gzip, from the form for the key to the overview with its chart. */
export const FIRST_VIEW_LIMIT_BYTES = 200_000;

/** How many those were when it was last built. */
export const FIRST_VIEW_BYTES_FILE = join(ROOT, '.local/dashboard/first-view-bytes');
