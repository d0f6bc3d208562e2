/** Writes docs/openapi.json anew from the routes: `npm run openapi`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../package.json';
import { openapi } from '../src/server/routes/openapi';

const file = join(__dirname, '..', 'docs', 'openapi.json');
writeFileSync(file, `${JSON.stringify(openapi(version), undefined, 2)}\n`);
