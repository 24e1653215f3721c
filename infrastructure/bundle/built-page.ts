import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';
import { BUILT_PAGE_FILE } from '../page/built.ts';

/** Puts the operator's page, which was built before, into the bundle that serves it. */
export const builtPage: Plugin = {
  name: 'built-page',
  setup(build) {
    build.onLoad({ filter: /[\\/]services[\\/]dashboard[\\/]built-page\.ts$/ }, () => {
      try {
        const contents = `export const BUILT_PAGE = ${readFileSync(BUILT_PAGE_FILE, 'utf8')};`;
        return { contents, loader: 'js' };
      } catch {
        const text = 'The page is not built: run node infrastructure/page/build-page.ts first.';
        return { errors: [{ text }] };
      }
    });
  },
};
