import * as z from 'zod';
import { Details } from '../errors/details';
import { ERRORS } from '../errors/errors';
import type { Action } from './call';
import { allRoutes } from './routes';

type Json = Record<string, unknown>;

/** The description of the API, made from the table that serves it (docs/openapi.json; a test keeps them equal). */
export function openapi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const { resource, name, path, action } of allRoutes) {
    paths[path] = Object.fromEntries(
      action.methods.map((method) => [
        method.toLowerCase(),
        {
          operationId: `${resource}:${name}${method === 'POST' && action.methods.length > 1 ? ':post' : ''}`,
          tags: [resource],
          summary: action.summary,
          'x-permission': action.permission,
          ...(action.query && { parameters: parameters(action.query) }),
          ...(method === 'POST' && requestBody(action)),
          responses: { ...responses(action), default: { $ref: '#/components/responses/Failure' } },
        },
      ]),
    );
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ark',
      version,
      description:
        'Backup and restore for NocoBase and PostgreSQL apps. Times are ISO 8601 in UTC, sizes are bytes. Jobs go on after the answer that started them: follow them with arkJobs:watch.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }, { cookie: [] }],
    paths,
    components: {
      schemas: { Details: schemaOf(Details, 'output', false) },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'ark-<port>' },
      },
      responses: {
        Failure: {
          description: 'What went wrong and what to do; the status is that of the code (docs/errors.md)',
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['errors'],
                properties: {
                  errors: {
                    type: 'array',
                    items: {
                      type: 'object',
                      required: ['code', 'message'],
                      properties: {
                        code: { type: 'string', enum: Object.keys(ERRORS) },
                        message: { type: 'string' },
                        details: DETAILS_REF,
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  };
}

const DETAILS_REF = { $ref: '#/components/schemas/Details' };

/** What failures may tell of themselves is said once. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', once = true): Json {
  const made: Json = {
    ...z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override({ zodSchema, jsonSchema }) {
        if (!once || (zodSchema as unknown) !== Details) return;
        for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
        Object.assign(jsonSchema, DETAILS_REF);
      },
    }),
  };
  delete made.$schema;
  return made;
}

function parameters(query: z.ZodObject): Json[] {
  return Object.entries(query.shape).map(([name, field]) => {
    const { description, ...schema } = schemaOf(field as z.ZodType, 'input');
    return {
      name,
      in: 'query',
      required: !(field as z.ZodType).safeParse(undefined).success,
      ...(description !== undefined && { description }),
      schema,
    };
  });
}

function requestBody({ input }: Action): Json {
  if (input === undefined) return {};
  const content =
    input === 'file'
      ? { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
      : { 'application/json': { schema: schemaOf(input, 'input') } };
  return { requestBody: { required: input === 'file', content } };
}

function responses({ answer }: Action): Json {
  if (answer === 'file') {
    const content = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
    return {
      200: { description: 'The whole file', content },
      206: { description: 'The range that was asked for', content },
      304: { description: 'It is still the one you have' },
      416: { description: 'There are no such bytes' },
    };
  }
  if (answer === 'text') {
    return { 200: { description: 'The text', content: { 'text/plain': { schema: { type: 'string' } } } } };
  }
  if ('event' in answer) {
    return {
      200: {
        description: `Events "${answer.event}"; each has this as its data`,
        content: { 'text/event-stream': { schema: schemaOf(answer.data, 'output') } },
      },
    };
  }
  return {
    200: {
      description: 'Done',
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: ['data'],
            properties: { data: schemaOf(answer, 'output') },
          },
        },
      },
    },
  };
}
