import { name, version } from '../../package.json';

export const VERSION = version;
export const PACKAGE = name;
