import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../package.json';
import { PERMISSIONS } from '../../src/server/api/permissions';
import { openapi } from '../../src/server/routes/openapi';
import { allRoutes } from '../../src/server/routes/routes';
import { ERRORS } from '../../src/server/errors/errors';

interface Operation {
  readonly 'x-permission': string;
  readonly parameters?: { name: string; required: boolean }[];
  readonly requestBody?: { content: Record<string, unknown> };
  readonly responses: Record<string, unknown>;
}
interface Description {
  readonly paths: Record<string, Record<string, Operation>>;
}

const file = join(__dirname, '..', '..', 'docs', 'openapi.json');
const description = JSON.parse(readFileSync(file, 'utf8')) as Description;

it('docs/openapi.json is what the routes say ("npm run openapi" writes it anew)', () => {
  expect(description).toEqual(JSON.parse(JSON.stringify(openapi(version))));
});

it('describes every route with its methods, and no other', () => {
  const described = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const mounted = allRoutes.flatMap(({ path, action }) =>
    action.methods.map((method) => `${method} ${path}`),
  );
  expect(described.sort()).toEqual(mounted.sort());
});

it.each(allRoutes.map((route) => [route.path, route.action] as const))(
  '%s says what it takes and answers',
  (path, action) => {
    expect(PERMISSIONS).toContain(action.permission);
    for (const method of action.methods) {
      const operation = description.paths[path]![method.toLowerCase()]!;
      expect(operation['x-permission']).toBe(action.permission);
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['200', 'default']));
      expect(operation.requestBody !== undefined).toBe(method === 'POST' && action.input !== undefined);
      expect((operation.parameters ?? []).map((parameter) => parameter.name)).toEqual(
        Object.keys(action.query?.shape ?? {}),
      );
    }
  },
);

it('knows the codes of all failures', () => {
  const text = readFileSync(file, 'utf8');
  for (const code of Object.keys(ERRORS)) expect(text).toContain(`"${code}"`);
});
