/** What people read on the canvas. */
export const words = {
  canvas: 'Canvas',
  unreadable: (reason: string) => `The graph cannot be drawn: ${reason}`,
  run: {
    from: 'Run from here',
    fromHint: 'Run from here, with what earlier stages gave last time',
    fromTitle: (stage: string) => `Run from ${stage}?`,
    fromWhy: 'Earlier stages do not run again: their outputs are those of the last run.',
    only: 'Run only this',
    onlyHint: 'Run only this stage, with what earlier stages gave last time',
    onlyTitle: (stage: string) => `Run only ${stage}?`,
    onlyWhy:
      'It is given what earlier stages gave in the last run. No other stage runs, be it before or after it.',
    noEarlier: 'There is no earlier run whose outputs could be used. Run all of it first.',
  },
} as const;
