import { counted } from '../../ui/format.ts';

/** What people read where a pipeline is made. */
export const words = {
  title: 'New pipeline',
  how: 'Begin with',
  ways: { blank: 'An empty page', template: 'A template', import: 'A file or a text' },
  name: 'Name',
  blank: 'It opens in the editor. Nothing runs before it is published.',
  make: 'Create and edit',
  needs: (names: readonly string[]) =>
    `Nobody online can do ${names.join(', ')}: a run would wait until an agent comes.`,
  covered: 'All that it needs is online.',
  stages: (count: number) => counted(count, { one: 'stage', other: 'stages' }),
  templates: 'Templates',
  loading: 'Loading the templates',
  file: 'Choose a file',
  text: 'Text',
  textHint: 'YAML or JSON, as a pipeline is exported.',
  check: 'Check',
  fine: 'The text is a pipeline that can be published.',
  unfinished: 'It can be imported as a draft, and not be published before these are mended:',
  unreadable: 'The text cannot be read:',
  line: (line: number, column: number) => `line ${line}, column ${column}`,
  publish: 'Publish it at once',
  tooLarge: (mb: number) => `The file is larger than ${mb} MB.`,
} as const;
