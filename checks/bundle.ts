import { readFileSync } from 'node:fs';
import { BUNDLE_LIMIT_BYTES } from './bundle-limit.ts';

/** The charge Lambda's packaged code stays small and without the AWS SDK. Prints each finding and fails where there is one. */

const MARKS_OF_THE_SDK = /@aws-sdk|@smithy|aws-sdk-js|x-amz-target/i;

function* findingsOf(code: Buffer): Generator<string> {
  const excess = code.length - BUNDLE_LIMIT_BYTES;
  if (excess > 0) {
    yield `${code.length} bytes, ${excess} more than the ${BUNDLE_LIMIT_BYTES} that the charge Lambda may have: see infrastructure/bundle/README.md`;
  }
  const [mark] = MARKS_OF_THE_SDK.exec(code.toString('latin1')) ?? [];
  if (mark) yield `holds the AWS SDK (${mark}), which the way of a charge does without`;
}

for (const file of process.argv.slice(2)) {
  for (const finding of findingsOf(readFileSync(file))) {
    console.error(`${file}: ${finding}`);
    process.exitCode = 1;
  }
}
