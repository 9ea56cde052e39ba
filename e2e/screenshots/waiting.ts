import { until } from '#server/testing/faults/until.ts';
import { askingTool, startUpstream, type TestUpstream, text, tool } from '#server/testing/mcp-upstream.ts';
import { type Api, readSecret } from '../stack/people.ts';
import type { RunningServer } from '../stack/running-server.ts';

/** What waits for somebody: it ends with whoever holds it, so no seed leaves it behind. */
export interface Waiting {
  /** A run in which a tool asks people something before it goes on. */
  askedRunId: string;
  /** One in which a tool may be called when somebody has said so. */
  unsureRunId: string;
  /** One in whose workspace an agent holds a file. */
  heldRunId: string;
  /** To be taken up by somebody in person, one for each device. */
  invites: string[];
}

const SLUG = 'travel';
const TRIP = {
  type: 'object',
  properties: {
    city: { type: 'string', title: 'City', description: 'Where the journey ends.' },
    nights: { type: 'integer', title: 'Nights', default: 2 },
    class: {
      ...{ type: 'string', title: 'Class' },
      oneOf: [
        { const: '1', title: 'First' },
        { const: '2', title: 'Second' },
      ],
    },
    insured: { type: 'boolean', title: 'Insured' },
  },
  required: ['city', 'insured'],
};

export const startTravelDesk = (): Promise<TestUpstream> =>
  startUpstream([
    askingTool('book_trip', TRIP, { description: 'Books a journey.' }),
    tool('cancel_trip', () => text('Cancelled.'), { description: 'Cancels a journey that was booked.' }),
  ]);

interface There {
  server: RunningServer;
  dataDir: string;
  api: Api;
  upstream: TestUpstream;
}

export async function makeWaiting({ server, dataDir, api, upstream }: There): Promise<Waiting> {
  await forgetBefore(api);
  const { connection_id: connection } = await api('/mcp/connect', {
    ...{ slug: SLUG, name: 'Travel desk', url: upstream.url },
  });
  const { tools } = await api(`/mcp/connections/${connection}/tools`);
  const seen = tools.map(({ name, hash }: Record<string, string>) => ({ name, hash }));
  await api(`/mcp/connections/${connection}/tools/approve`, { tools: seen });
  const rule = { effect: 'ask', who: { kind: 'everybody' }, connection_id: connection, tool: 'cancel_*' };
  await api('/mcp/rules', rule);
  const [askedRunId, unsureRunId] = [
    await startTrip(api, 'Book a trip', 'book_trip'),
    await startTrip(api, 'Cancel a trip', 'cancel_trip'),
  ];
  await until('somebody is asked', async () => (await api('/mcp/approvals')).approvals.length > 0);
  await until('a tool asks', async () => (await api('/mcp/questions')).questions.length > 0);
  await hold({ origin: server.origin, secret: await readSecret(dataDir), run: askedRunId });
  const invites = [await api('/invites', { role: 'designer' }), await api('/invites', { role: 'designer' })];
  return { askedRunId, unsureRunId, heldRunId: askedRunId, invites: invites.map(({ link }) => link) };
}

/** The address is another one at each start: what waits for the one before, in a kept data folder, waits in vain. */
async function forgetBefore(api: Api): Promise<void> {
  const { connections } = await api('/mcp/connections');
  const before = connections.find(({ slug }: { slug: string }) => slug === SLUG);
  if (before) await api(`/mcp/connections/${before.id}`, undefined, 'DELETE');
}

async function startTrip(api: Api, name: string, tool: string): Promise<string> {
  const { pipelines } = await api(`/pipelines?search=${encodeURIComponent(name)}`);
  const stages = [{ name, type: 'mcp-tool', config: { connection: SLUG, tool } }];
  const known = pipelines.find((each: { name: string }) => each.name === name);
  const { id } = known ?? (await api('/pipelines', { name, stages }));
  return (await api(`/pipelines/${id}/execute`, { input_data: {} })).id;
}

async function hold({ origin, secret, run }: Record<'origin' | 'secret' | 'run', string>): Promise<void> {
  const act = async (name: string, input: object) => {
    const answer = await fetch(`${origin}/tools/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ task_id: run, as: 'writer', ...input }),
    });
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
  };
  await act('join_collab', { about: 'writes the itinerary' });
  await act('file_write', { path: 'itinerary.md', content: '# To Bern\n\nBy train.\n', base_version: 0 });
  await act('claim_file', { paths: ['itinerary.md'], seconds: 3600 });
  await act('log_step', { message: 'Asks for the dates' });
}
