/** What a browser is served, and the program that answers what-if questions. */
export interface PageAssets {
  readonly html: string;
  readonly js: string;
  readonly css: string;
  readonly icon: string;
  /** The source of a worker thread, CommonJS. */
  readonly whatIf: string;
}

/** The package has them built in: the build puts another module in the place of this one, which is for its sources alone. */
export async function pageAssets(): Promise<PageAssets> {
  const script = new URL('../../scripts/build-page.mjs', import.meta.url).href;
  const { buildPage } = (await import(script)) as { readonly buildPage: () => Promise<PageAssets> };
  return buildPage();
}
