import type { Host } from '../host';
import { standaloneHost } from '../hosts/standalone/host';
import { databaseUrl, settings } from './command';
import type { Options } from './options';

export const host = (options: Options): Host => standaloneHost(settings(options), databaseUrl(options));
