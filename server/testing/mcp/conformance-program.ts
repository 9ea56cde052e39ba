/** The program that the conformance suite starts for each scenario: has the client in the test's own process play it. */
import { once } from 'node:events';
import { request } from 'node:http';

const [port, url] = process.argv.slice(2);
const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_CONTEXT: context = '{}' } = process.env;
const asked = request({ port, method: 'POST' });
asked.end(JSON.stringify({ url, scenario, context: JSON.parse(context) }));
const [answer] = await once(asked, 'response');
answer.resume();
await once(answer, 'end');
process.exitCode = answer.statusCode === 200 ? 0 : 1;
