/** The operator's page as it is served: `index` is its HTML, `assets` lie below /dashboard/ under names that change with their content. */
export interface BuiltPage {
  readonly index: string;
  readonly assets: Readonly<Record<string, BuiltFile>>;
}

export interface BuiltFile {
  readonly type: string;
  /** Compressed, in Base64: the form in which a Lambda answers with bytes. */
  readonly brotli: string;
  readonly gzip: string;
}

/** Deployed bundles have the built page here: see infrastructure/bundle. */
export const BUILT_PAGE: BuiltPage = {
  index: '<!doctype html><title>Tollgate</title><p>The page was not built into this bundle.</p>',
  assets: {},
};
