/** What Vite says of its chunks, by the source that each was made for. */
export type Manifest = Readonly<
  Record<
    string,
    {
      readonly file: string;
      readonly imports?: readonly string[];
      readonly dynamicImports?: readonly string[];
    }
  >
>;

/** The sources from which the first view is made: the page itself, and what it loads for the overview. */
const FIRST_VIEW = ['index.html', 'overview/overview-page.tsx', 'charts/stacked-chart.tsx'];

/** The scripts that a browser loads until the overview with its chart stands. Throws where the manifest lacks a part. */
export function firstViewScripts(manifest: Manifest): string[] {
  const reached = new Set<string>();
  const open = [...FIRST_VIEW];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const chunk = manifest[name];
    if (!chunk) throw new Error(`The built page has no chunk for ${name}.`);
    open.push(...(chunk.imports ?? []));
  }
  const files = Array.from(reached, (name) => manifest[name]?.file ?? '');
  return files.filter((file) => file.endsWith('.js'));
}
