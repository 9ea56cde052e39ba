import type { BrowserRoute } from '../rest/browser-route.ts';
import { describeErrors, type Schemas, SIGNED_IN_ERRORS, toSchema } from './schemas.ts';

/** A route of browsers as the document has it. */
export function describeBrowserRoute(route: BrowserRoute, schemas: Schemas) {
  const { name, summary, description, isOpen, errors, body } = route;
  return {
    operationId: name,
    tags: [name.split('.')[0]],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isOpen ? { security: [] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route, schemas)],
    ...(body ? { requestBody: describeBody(body, schemas) } : {}),
    responses: {
      ...describeAnswer(route, schemas),
      ...describeErrors([...(isOpen ? [] : SIGNED_IN_ERRORS), ...errors], schemas),
    },
  };
}

const pathParameters = ({ path }: BrowserRoute) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }));

function queryParameters({ query }: BrowserRoute, schemas: Schemas) {
  if (!query) return [];
  const { properties = {}, required = [] } = toSchema(query, { io: 'input', schemas });
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', required: required.includes(name), schema },
  }));
}

function describeBody(body: NonNullable<BrowserRoute['body']>, schemas: Schemas) {
  const schema = toSchema(body, { io: 'input', schemas });
  return { required: false, content: { 'application/json': { schema, example: {} } } };
}

function describeAnswer({ answer }: BrowserRoute, schemas: Schemas) {
  if (answer === 'redirect') {
    const headers = { location: { description: 'A page of the panel.', schema: { type: 'string' } } };
    return { 303: { description: 'On to a page, which says in words what came of it', headers } };
  }
  const schema = toSchema(answer, { io: 'output', schemas });
  return { 200: { description: 'Done', content: { 'application/json': { schema } } } };
}
