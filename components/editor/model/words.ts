import { counted } from '../../ui/format.ts';

/** How many of what. */
export const counts = {
  stages: (count: number) => counted(count, { one: 'stage', other: 'stages' }),
  connections: (count: number) => counted(count, { one: 'connection', other: 'connections' }),
  notes: (count: number) => counted(count, { one: 'note', other: 'notes' }),
  items: (count: number) => counted(count, { one: 'item', other: 'items' }),
  things: (count: number) => counted(count, { one: 'thing', other: 'things' }),
  agents: (count: number) => counted(count, { one: 'agent', other: 'agents' }),
  errors: (count: number) => counted(count, { one: 'error', other: 'errors' }),
  warnings: (count: number) => counted(count, { one: 'warning', other: 'warnings' }),
};

/** What each change is called, which people read where it can be undone. */
export const edits = {
  paste: (what: string) => `Paste ${what}`,
  duplicate: (what: string) => `Duplicate ${what}`,
  align: {
    left: 'Align left',
    center: 'Align center',
    right: 'Align right',
    top: 'Align top',
    middle: 'Align middle',
    bottom: 'Align bottom',
  },
  distribute: 'Distribute evenly',
  addNote: 'Add a note',
  changeNote: 'Change a note',
  group: 'Group stages',
  newGroup: 'Group',
  ungroup: 'Ungroup',
  renameGroup: 'Rename a group',
  foldGroup: 'Fold or unfold a group',
  add: (stage: string) => `Add ${stage}`,
  insert: (stage: string) => `Insert ${stage}`,
  changeField: (field: string, stage: string) => `Change ${field} of ${stage}`,
  rename: (stage: string, wish: string) => `Rename ${stage} to ${wish}`,
  remove: (what: string) => `Delete ${what}`,
  kinds: { stage: 'stage', wire: 'connection', note: 'note', group: 'group' },
  connect: (from: string, to: string) => `Connect ${from} to ${to}`,
  changeWhen: 'Change when a connection is taken',
  changeSetting: (field: string) => `Change ${field} of the pipeline`,
  move: (what: string) => `Move ${what}`,
  tidyUp: 'Tidy up',
  editText: 'Edit the text',
  takeUnsaved: 'What was not saved before',
  mend: 'Mend the draft',
  bringBack: (version: number) => `Bring back version ${version}`,
} as const;

/** Why something is not done. */
export const refusals = {
  notOurs: 'What is in the clipboard was not copied from a pipeline.',
  clipTwice: 'Two stages in the clipboard have the same key.',
  clipLoose: 'A connection in the clipboard leads to a stage that is not in it.',
  clipCircle: (stage: string) =>
    `The stages in the clipboard depend on each other in a circle, by way of ${stage}.`,
  noObject: 'The document is not an object.',
  oddStage: 'Each stage must be an object with a key.',
  oddWire: 'Each dependency must be an object with from and to.',
  twice: (key: string) => `Two stages have the key ${key}.`,
  oddUi: 'What ui says of notes and groups cannot be read.',
  oddKey: 'A key starts with a letter and holds letters, digits, _ and - (63 at most).',
  taken: (key: string) => `There is a stage ${key} already.`,
  itself: 'A stage cannot follow itself. To run it again, give it a retry policy.',
  follows: (stage: string, before: string) => `${stage} follows ${before} already.`,
  circle: (path: string) => `That would close a circle: ${path}.`,
  slowLayout: 'The layout took too long and was given up.',
} as const;

/** What agents would say of a stage. */
export const problemWords = {
  idle: 'None that offers it is working now.',
  unknown: 'None has ever offered it.',
  noAgent: (stage: string, { capability, why }: { capability: string; why: string }) =>
    `No agent can take ${stage}: it asks for ${capability}. ${why}`,
  noAgentAdvice: 'Start an agent that offers it; until then the stage will wait.',
  configAdvice: 'Fill it in here, or give it to the run as a parameter if the agent takes it from there.',
} as const;

/** Of tools of MCP servers: why a run could not call one as it is. */
export const mcpWords = {
  at: (stage: string, message: string) => `${stage}: ${message}`,
  noSource: {
    connection: (slug: string) => `There is no connection ${slug} that you can see.`,
    server: (slug: string) => `There is no virtual server ${slug}.`,
  },
  noSourceAdvice: 'Choose another one, or connect it under Connections by this name.',
  ofPersons: (name: string) => `${name} is used by people in their own name, and a run has none.`,
  ofPersonsAdvice: 'Choose a connection for everybody, or have it signed in to once for all.',
  off: (name: string) => `${name} is switched off.`,
  offAdvice: 'Switch it on on its page, or choose another one.',
  noTool: (source: string, tool: string) => `${source} has no tool ${tool}.`,
  noToolAdvice: 'It may have another name now: choose one of those that are there.',
  states: (tool: string) => ({
    new: {
      message: `Nobody has approved the tool ${tool} yet.`,
      advice: 'Approve it on the page of its connection.',
    },
    changed: {
      message: `The tool ${tool} is not what was approved: its server has changed it.`,
      advice: 'Look at what has changed on the page of its connection, and approve it.',
    },
    blocked: {
      message: `The tool ${tool} is blocked.`,
      advice: 'Choose another one, or have it unblocked on the page of its connection.',
    },
    gone: {
      message: `The server offers the tool ${tool} no more.`,
      advice: 'It may have another name now: choose one of those that are there.',
    },
  }),
  refused: (what: string, why: string) => `${what} ${why}.`,
  refusedAdvice: (tool: string) =>
    `That is what ${tool} says of its arguments. Fill it in, or let an expression give it.`,
  lost: (name: string, reference: string) =>
    `${name} refers to ${reference} of the input, and there is no such thing.`,
  lostAdvice: 'Write an expression instead, or a value.',
} as const;

/** Beside what expressions can read, and at connections. */
export const notes = {
  output: 'output',
  status: 'how it ended',
  error: 'why it failed',
  input: 'what the run is given',
  params: 'parameters of the run',
  list: 'list',
  field: 'field',
  onFailure: 'on failure',
  always: 'always',
  when: 'when …',
  item: 'Item',
} as const;
