import type { Sql } from '#db/client.ts';
import type { GraphInput } from '#server/domain/graph/schema.ts';
import { DEFAULT_ORG_ID, idSchema, type McpConnectionId, toUuid } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import type { Caller } from './caller.ts';

/** On every pipeline, run and agent that a scenario makes, so that nobody takes it for real work. */
export const SAMPLE_TAG = 'sample-data';
export const noteOf = (scenario: string): string =>
  `Sample data, made by \`npm run seed -- ${scenario}\`; \`npm run seed -- empty\` takes it away.`;

export interface SamplePipeline {
  name: string;
  description: string;
  graph: GraphInput;
}

export interface SampleAgent {
  name: string;
  capabilities: string[];
  version?: string;
  order?: { order: 'drain' | 'pause' | 'quarantine'; reason: string };
}

export interface SampleConnection {
  slug: string;
  name: string;
  url: string;
}

export interface Maker {
  scenario: string;
  call: Caller;
  /** Makes it, or finds the one that this scenario has made before. Returns its id. */
  pipeline(pipeline: SamplePipeline): Promise<string>;
  runs(pipelineId: string, inputs: readonly Json[]): Promise<string[]>;
  /** Again with the same name it is the same agent, started anew: what it held is lost. */
  agent(agent: SampleAgent): Promise<{ id: string; generation: number }>;
  /** Connects it, or finds the one of this name. Nobody needs to answer there. */
  connection(connection: SampleConnection): Promise<McpConnectionId>;
  say(line: string): void;
}

export interface MakerOptions {
  scenario: string;
  call: Caller;
  sql: Sql;
  say(line: string): void;
}

interface Connections {
  connections: { id: string; slug: string }[];
}

/** Which ids the kinds of samples have. */
const ID_KINDS = { pipeline: 'pipe', agent: 'agent', 'mcp-connection': 'mcpConnection' } as const;

export function createMaker({ scenario, call, sql, say }: MakerOptions): Maker {
  const metadata: JsonObject = { tags: [SAMPLE_TAG], scenario };

  /** After it was made under a key of its own: a program that dies in between finds it again the next time. */
  async function record(kind: keyof typeof ID_KINDS, id: string): Promise<string> {
    const uuid = toUuid(idSchema(ID_KINDS[kind]).parse(id));
    await sql`INSERT INTO samples (org_id, kind, id, scenario)
      VALUES (${toUuid(DEFAULT_ORG_ID)}::text::uuid, ${kind}, ${uuid}::text::uuid, ${scenario}) ON CONFLICT DO NOTHING`;
    return id;
  }

  return {
    ...{ scenario, call, say },
    async pipeline({ name, description, graph }) {
      const text = JSON.stringify(graph);
      const about = { name, description: `${description}\n\n${noteOf(scenario)}` };
      const body = { ...about, format: 'json', text, publish: true };
      const { id } = await call({ path: '/pipelines/import', body, key: `seed ${scenario} ${name}` });
      await record('pipeline', String(id));
      await call({ path: `/pipelines/${id}`, method: 'PATCH', body: { tags: [SAMPLE_TAG] } });
      return String(id);
    },
    async runs(pipelineId, inputs) {
      const ids: string[] = [];
      for (const input_data of inputs) {
        const run = await call({
          path: `/pipelines/${pipelineId}/execute`,
          body: { input_data, metadata },
        });
        ids.push(String(run.id));
      }
      return ids;
    },
    async agent({ name, capabilities, version = '1.0.0', order }) {
      const { id, generation } = await call({
        path: '/agents/register',
        body: { name, instance: SAMPLE_TAG, version, transport: 'pull', capabilities, labels: [SAMPLE_TAG] },
      });
      await record('agent', String(id));
      if (order) await call({ path: `/agents/${id}/orders`, body: order });
      return { id: String(id), generation: Number(generation) };
    },
    async connection({ slug, ...about }) {
      const { connections } = (await call({ path: '/mcp/connections?limit=200' })) as unknown as Connections;
      const known = connections.find((each) => each.slug === slug);
      const made = known ?? (await call({ path: '/mcp/connect', body: { slug, ...about } }));
      const id = String('connection_id' in made ? made.connection_id : made.id);
      await record('mcp-connection', id);
      return idSchema('mcpConnection').parse(id);
    },
  };
}
