import type { z } from 'zod';
import { listOperations, type NamedOperation } from '../operations/index.ts';
import { HEADER_FIELDS, isOpen, isRaw, isUpload, type Operation } from '../operations/operation.ts';
import { hasBody, placeOf } from '../rest/read-input.ts';
import { browserRoutes } from '../rest/routes.ts';
import { describeBrowserRoute } from './browser-routes.ts';
import { describeErrors, type Schemas, SIGNED_IN_ERRORS, toSchema } from './schemas.ts';

/** The table of operations as OpenAPI 3.1, whose schemas are the JSON Schema that zod makes. */
export function openApiDocument(): Record<string, unknown> {
  const schemas: Schemas = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const named of listOperations()) {
    const { path, method } = named.operation;
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = describeOperation(named, schemas);
  }
  for (const route of browserRoutes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, {
      [route.method.toLowerCase()]: describeBrowserRoute(route, schemas),
    });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signalbox',
      version: 'v1',
      description:
        'Pipelines of agents: draw, run, watch and steer them. Errors are problem+json with a stable `code`. Lists go on with `next_cursor`. Creating calls take an `Idempotency-Key`.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { session: [] }],
    tags: [...new Set(listOperations().map(({ noun }) => noun))].map((name) => ({ name })),
    paths,
    components: { schemas, securitySchemes: SECURITY },
  };
}

const SECURITY = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'A key, or a token from an issuer that is trusted here.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'signalbox_session',
    description: 'The cookie of a browser that has signed in; its name ends with the port of the server.',
  },
};

function describeOperation({ name, noun, operation }: NamedOperation, schemas: Schemas) {
  const { summary, description } = operation;
  const input = toSchema(operation.input, { io: 'input', schemas });
  return {
    operationId: name,
    tags: [noun],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isOpen(operation) ? { security: [] } : {}),
    parameters: describeParameters(operation, input),
    ...describeBody(operation, input),
    responses: describeResponses(operation, schemas),
  };
}

function describeParameters(
  operation: Operation,
  { properties = {}, required = [] }: z.core.JSONSchema.ObjectSchema,
) {
  const example = operation.example as Record<string, unknown>;
  return Object.entries(properties).flatMap(([field, schema]) => {
    const place = placeOf(operation, field);
    if (place === 'body') return [];
    return {
      name: place === 'header' ? (HEADER_FIELDS[field] ?? field) : field,
      in: place,
      required: place === 'path' || required.includes(field),
      schema,
      // Lists are written with commas.
      ...(place === 'query' && typeof schema === 'object' && schema.type === 'array'
        ? { explode: false }
        : {}),
      ...(example[field] === undefined ? {} : { example: example[field] }),
    };
  });
}

function describeBody(
  operation: Operation,
  { properties = {}, required = [], ...rest }: z.core.JSONSchema.ObjectSchema,
) {
  if (isUpload(operation)) {
    const types = isRaw(operation) ? (operation.uploads ?? []) : [];
    return { requestBody: { required: true, content: Object.fromEntries(types.map((type) => [type, {}])) } };
  }
  if (!hasBody(operation)) return {};
  const isInBody = (field: string) => placeOf(operation, field) === 'body';
  const fields = Object.entries(properties).filter(([field]) => isInBody(field));
  if (fields.length === 0) return {};
  const needed = required.filter(isInBody);
  const schema = {
    ...rest,
    properties: Object.fromEntries(fields),
    ...(needed.length > 0 ? { required: needed } : {}),
  };
  const example = Object.fromEntries(Object.entries(operation.example).filter(([field]) => isInBody(field)));
  return {
    requestBody: { required: needed.length > 0, content: { 'application/json': { schema, example } } },
  };
}

function describeResponses(operation: Operation, schemas: Schemas) {
  const errors = describeErrors(
    [...(isOpen(operation) ? [] : SIGNED_IN_ERRORS), ...(operation.errors ?? [])],
    schemas,
  );
  return { ...describeSuccess(operation, schemas), ...errors };
}

function describeSuccess(operation: Operation, schemas: Schemas) {
  if (isRaw(operation)) {
    const types = [operation.contentType].flat();
    return { 200: { description: 'As it is', content: Object.fromEntries(types.map((type) => [type, {}])) } };
  }
  const status = operation.status ?? 200;
  if (status === 204) return { 204: { description: 'Done' } };
  const schema = toSchema(operation.output, { io: 'output', schemas });
  const { stream } = operation;
  const description = stream ? `Done. ${stream.description}` : 'Done';
  const content = { 'application/json': { schema }, ...(stream ? { [stream.contentType]: {} } : {}) };
  return { [status]: { description, content } };
}
