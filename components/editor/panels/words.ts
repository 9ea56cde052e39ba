import { formatCount } from '../../ui/format.ts';

/** Choices and hints in the panels beside the canvas. */
export const panelWords = {
  tones: { warn: 'Yellow', busy: 'Blue', good: 'Green', hold: 'Violet', idle: 'Grey' },
  width: 'Width',
  height: 'Height',
  noSuchSide: (least: number, most: number) =>
    `From ${least} to ${formatCount(most)}: until then it stays as it is.`,
  extras: 'Notes and groups',
  noteOf: (text: string) => `Note: ${text || 'nothing is written in it'}`,
  groupOf: (title: string, stages: string) => `Group ${title}, ${stages}`,
  noNumber: 'This is no number.',
  noJson: 'This is no JSON yet, so it does not count.',
  align: {
    left: 'Align left edges',
    center: 'Align centres',
    right: 'Align right edges',
    top: 'Align top edges',
    middle: 'Align middles',
    bottom: 'Align bottom edges',
  },
  needed: (field: string) => `${field} (needed)`,
  byDefault: (choice: string) => `${choice} (default)`,
  unset: 'Not set',
  working: (agents: string, description: string | null | undefined) =>
    `${agents} working.${description ? ` ${description}.` : ''}`,
  whatToOffer: 'What an agent must offer to take this stage.',
  inputs: { passed: 'As it comes', one: 'Expression', fields: 'Fields' },
  onFailure: {
    'fail-run': 'The run fails',
    'skip-dependents': 'What follows is skipped',
    continue: 'What follows runs all the same',
  },
  backoff: { exponential: 'Twice as long each time', fixed: 'The same each time' },
  priorities: { high: 'high', medium: 'medium', low: 'low' },
  startsWithRun: 'It starts with the run.',
  nothingFollows: 'Nothing follows it.',
  when: {
    success: 'On success',
    failure: 'On failure',
    always: 'Always',
    expression: 'When an expression is true',
  },
} as const;
