import { readFileSync } from 'node:fs';
import { FIRST_VIEW_BYTES_FILE, FIRST_VIEW_LIMIT_BYTES } from '../infrastructure/page/built.ts';

/** Whether the script of the first view, as it was built, keeps within its limit. */
const bytes = Number(readFileSync(FIRST_VIEW_BYTES_FILE, 'utf8'));
if (!(bytes <= FIRST_VIEW_LIMIT_BYTES)) {
  console.error(
    `The first view of the page loads ${bytes} bytes of compressed script, but ${FIRST_VIEW_LIMIT_BYTES} is the limit.`,
  );
  process.exitCode = 1;
}
