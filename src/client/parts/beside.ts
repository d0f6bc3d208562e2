import { name } from '../../../package.json';

/** This plugin's own script in NocoBase's page; undefined in the console, whose files lie beside its page. */
const ownScript = (): HTMLScriptElement | undefined =>
  [...document.scripts].find(({ src }) => src.includes(`/${name}/dist/client`));

/** A file of the plugin's `dist`, of the version that runs; undefined in the console. */
export function besidePlugin(path: string): URL | undefined {
  const ours = ownScript();
  if (!ours) return undefined;
  const url = new URL(`../${path}`, ours.src);
  // Changes with every version, as NocoBase makes it.
  url.search = new URL(ours.src).search;
  return url;
}

/** A file of the console's page, wherever this page is. */
export const besidePage = (path: string): string =>
  (besidePlugin(`console/${path}`) ?? new URL(path, document.baseURI)).href;
