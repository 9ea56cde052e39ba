import type { GraphInput } from '#server/domain/graph/schema.ts';

export interface Template {
  key: string;
  name: string;
  description: string;
  graph: GraphInput;
}

type StageInput = GraphInput['stages'][number];

const STAGES = {
  intent: {
    key: 'intent',
    name: 'Understand the question',
    type: 'intent-analysis',
    timeouts: { stageSeconds: 60 },
  },
  search: { key: 'documents', name: 'Find documents', type: 'embedding', timeouts: { stageSeconds: 120 } },
  web: { key: 'web', name: 'Search the web', type: 'web-search', timeouts: { stageSeconds: 180 } },
  verify: { key: 'verify', name: 'Verify the facts', type: 'web-search', timeouts: { stageSeconds: 180 } },
  answer: { key: 'answer', name: 'Reason and answer', type: 'execution', timeouts: { stageSeconds: 300 } },
  moderate: {
    key: 'moderate',
    name: 'Judge the answer',
    type: 'moderation',
    timeouts: { stageSeconds: 120 },
  },
  final: { key: 'final', name: 'Write the final answer', type: 'execution', timeouts: { stageSeconds: 300 } },
} satisfies Record<string, StageInput>;

type Name = keyof typeof STAGES;

/** Each edge is `from > to`, by the names above. */
function graphOf(names: readonly Name[], edges: readonly `${Name} > ${Name}`[]): GraphInput {
  const keyOf = (name: string) => STAGES[name as Name].key;
  return {
    stages: names.map((name) => ({ ...STAGES[name], retry: { maxAttempts: 3 } })),
    dependencies: edges.map((edge) => {
      const [from = '', to = ''] = edge.split(' > ');
      return { from: keyOf(from), to: keyOf(to) };
    }),
    inputSchema: {
      type: 'object',
      required: ['query'],
      properties: { query: { type: 'string', minLength: 1 } },
      examples: [{ query: 'What changed in the last release?' }],
    },
  };
}

/** Two built-in agents at once, who want the same file. */
function sharedFilesGraph(): GraphInput {
  return {
    stages: [
      { key: 'writer', name: 'Write the report', type: 'demo-writer', timeouts: { stageSeconds: 600 } },
      { key: 'reviewer', name: 'Review the report', type: 'demo-reviewer', timeouts: { stageSeconds: 600 } },
    ],
    dependencies: [],
  };
}

/** The patterns that every installation begins with. Most agents are not built in: a stage without one says so. */
export const TEMPLATES: readonly Template[] = [
  {
    key: 'standard_query',
    name: 'Standard query',
    description: 'Answers a question from documents, judges the answer and writes it out.',
    graph: graphOf(
      ['intent', 'search', 'answer', 'moderate', 'final'],
      ['intent > search', 'search > answer', 'answer > moderate', 'moderate > final'],
    ),
  },
  {
    key: 'simple_lookup',
    name: 'Simple lookup',
    description: 'Finds documents and answers from them.',
    graph: graphOf(['search', 'answer'], ['search > answer']),
  },
  {
    key: 'complex_research',
    name: 'Complex research',
    description: 'Searches documents and the web side by side, and brings both together in a judged answer.',
    graph: graphOf(
      ['intent', 'search', 'web', 'answer', 'moderate', 'final'],
      [
        'intent > search',
        'intent > web',
        'search > answer',
        'web > answer',
        'answer > moderate',
        'moderate > final',
      ],
    ),
  },
  {
    key: 'web_enhanced',
    name: 'Web enhanced',
    description:
      'Answers from documents and the web, and verifies the answer on the web before it is judged.',
    graph: graphOf(
      ['intent', 'search', 'web', 'answer', 'verify', 'moderate'],
      ['intent > search', 'search > web', 'web > answer', 'answer > verify', 'verify > moderate'],
    ),
  },
  {
    key: 'quick_answer',
    name: 'Quick answer',
    description: 'Answers at once, and judges the answer.',
    graph: graphOf(['intent', 'answer', 'moderate'], ['intent > answer', 'answer > moderate']),
  },
  {
    key: 'shared_files',
    name: 'Two agents share a file',
    description:
      'A demonstration without a model: a writer and a reviewer, both built in, want one file at the same time, are refused, and find a way. Watch the files of the run.',
    graph: sharedFilesGraph(),
  },
];
