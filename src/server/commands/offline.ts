import { offlineHost } from '../hosts/standalone/offline';
import { settings } from './command';
import type { Options } from './options';

export const offline = (options: Options): ReturnType<typeof offlineHost> => offlineHost(settings(options));
