import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const SCRIPT = join(import.meta.dirname, '../../localstack/verify/verify-explanation.py');

/** What the independent verifier says of the JSON. */
export async function verify(json: string): Promise<{ exitCode: number; output: string }> {
  return run([SCRIPT], json);
}

/** What it says of several files at once. */
export async function verifyFiles(
  contents: readonly string[],
): Promise<{ exitCode: number; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'explanations-'));
  try {
    const files = contents.map((content, index) => {
      const file = join(folder, `${index}.json`);
      writeFileSync(file, content);
      return file;
    });
    return await run([SCRIPT, ...files], '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs the verifier on one line of its input after the other, since starting Python each time takes longer than all else. */
const ON_EACH_LINE = `
import contextlib, importlib.util, io, sys
spec = importlib.util.spec_from_file_location("verifier", sys.argv.pop())
verifier = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verifier)
lines = sys.stdin.readlines()
for line in lines:
    sys.stdin = io.StringIO(line)
    with contextlib.redirect_stdout(io.StringIO()):
        code = verifier.main()
    print(code)
`;

/** The exit codes of the verifier on each JSON, which has no line breaks. */
export async function verifyEach(jsons: readonly string[]): Promise<number[]> {
  const { output } = await run(['-c', ON_EACH_LINE, SCRIPT], jsons.join('\n'));
  return output.trimEnd().split('\n').map(Number);
}

async function run(args: readonly string[], input: string) {
  const child = spawn('python3', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  const [exitCode, output] = await Promise.all([ended, text(child.stdout)]);
  return { exitCode, output };
}
