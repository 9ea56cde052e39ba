import { SIX_STAGES_DESCRIPTION, sixStagesGraph } from '#db/seed/six-stages.ts';
import { TEMPLATES } from '#db/seed/templates.ts';
import type { Json } from '#server/domain/json.ts';
import type { Maker, SamplePipeline } from '../maker.ts';
import { untilEnded } from '../until-ended.ts';
import { fails, graph, passes, row, times, waits } from './stages.ts';

const TICKETS = [
  { subject: 'The invoice is in the wrong currency', urgent: false },
  { subject: 'Nobody can sign in since this morning', urgent: true },
  { subject: 'How do I export a report?', urgent: false },
];

const tickets: SamplePipeline = {
  name: 'Support tickets',
  description: 'Sorts a ticket, calls somebody when it is urgent, and drafts an answer.',
  graph: {
    ...graph(
      [
        passes('Sort'),
        waits('Look up customer', 350),
        waits('Search answers', 600),
        waits('Call on-call', 200, { condition: 'input.urgent' }),
        waits('Draft answer', 450),
      ],
      [
        'sort > look-up-customer',
        'sort > search-answers',
        'sort > call-on-call',
        'look-up-customer > draft-answer',
        'search-answers > draft-answer',
      ],
    ),
    inputSchema: {
      type: 'object',
      required: ['subject', 'urgent'],
      properties: { subject: { type: 'string' }, urgent: { type: 'boolean' } },
      examples: TICKETS,
    },
  },
};

const retry = { maxAttempts: 3, initialSeconds: 0.3, maxSeconds: 1 };
const ledger: SamplePipeline = {
  name: 'Ledger import',
  description: 'Its second stage fails at the first attempt and goes through at the second.',
  graph: row([
    waits('Fetch statement', 250),
    fails('Post entries', {
      code: 'LOCKED',
      message: 'The ledger was locked by another import.',
      times: 1,
      retry,
    }),
    passes('Report'),
  ]),
};
const newsletter: SamplePipeline = {
  name: 'Newsletter',
  description: 'Fails at its third stage each time: what a failed run looks like.',
  graph: row([
    passes('Collect'),
    waits('Write', 300),
    fails('Check links', { code: 'DEAD_LINK', message: '2 of 14 links lead nowhere.' }),
    passes('Send'),
  ]),
};

const sensors = (): SamplePipeline => ({
  name: 'Sensor readings',
  description: SIX_STAGES_DESCRIPTION,
  graph: sixStagesGraph(),
});

const report = (): SamplePipeline => {
  const template = TEMPLATES.find(({ key }) => key === 'shared_files');
  if (!template) throw new Error('The template shared_files is not there.');
  return { name: 'Report by two agents', description: template.description, graph: template.graph };
};

const TIME_FOR_ALL_MS = 300_000;

/** A handful of pipelines and some dozen runs of them, each really run by the built-in agents. */
export async function makeDemo(maker: Maker): Promise<void> {
  const readings = sensors();
  const sample = (readings.graph.inputSchema?.examples as Json[] | undefined)?.[0] ?? null;
  const plans: [SamplePipeline, Json[]][] = [
    [readings, times(6, () => sample)],
    [tickets, times(18, (at) => TICKETS[at % TICKETS.length] ?? null)],
    [ledger, times(8, (at) => ({ statement: `2026-${String(at + 1).padStart(2, '0')}` }))],
    [newsletter, times(3, (at) => ({ issue: 40 + at }))],
    [report(), [null]],
  ];
  const ids: string[] = [];
  for (const [pipeline, inputs] of plans) {
    const id = await maker.pipeline(pipeline);
    ids.push(...(await maker.runs(id, inputs)));
    maker.say(`${pipeline.name}: ${inputs.length} runs`);
  }
  await untilEnded(maker.call, ids, TIME_FOR_ALL_MS);
}
