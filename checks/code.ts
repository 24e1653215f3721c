import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What neither the linter nor the import rules can say. Prints each finding and fails where there is one. */

const ROOT = process.argv[2] ?? join(import.meta.dirname, '..');
const HANDLER_LINES = 25;

/** Without imports, comments and blank lines. */
function codeLines(source: string): string[] {
  return source
    .replaceAll(/^import\b[^;]*;$/gm, '')
    .replaceAll(/^\s*\/\*[\s\S]*?\*\/$/gm, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
}

function* tooLongHandlers(file: string, source: string): Generator<string> {
  const lines = codeLines(source).length;
  if (lines > HANDLER_LINES) {
    yield `${file}: ${lines} lines, but a handler parses, makes one call and maps: ${HANDLER_LINES} at most`;
  }
}

const IMPURE =
  /\b(Date\.now\b|new Date\(\)|Math\.random\b|random(UUID|Bytes|Int)\b|performance\.now\b)/;

function* impurities(file: string, source: string): Generator<string> {
  for (const [index, line] of source.split('\n').entries()) {
    const found = IMPURE.exec(line);
    if (found) {
      yield `${file}:${index + 1}: ${found[0]}, but the domain takes times and random values as arguments`;
    }
  }
}

function* check(
  pattern: string,
  findings: (file: string, source: string) => Iterable<string>,
): Generator<string> {
  for (const file of globSync(pattern, { cwd: ROOT })) {
    if (!file.endsWith('.test.ts')) yield* findings(file, readFileSync(join(ROOT, file), 'utf8'));
  }
}

const findings = [
  ...check('services/*/handlers/*.ts', tooLongHandlers),
  ...check('shared/domain/**/*.ts', impurities),
];
for (const finding of findings) console.error(finding);
process.exitCode = findings.length > 0 ? 1 : 0;
