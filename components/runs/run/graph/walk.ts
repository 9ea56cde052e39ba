interface Wires {
  dependencies: readonly { from: string; to: string }[];
}

/** The stage that a step along the wires leads to: forwards or back, to the first that was wired. */
export function stepFrom({ dependencies }: Wires, key: string, way: 'on' | 'back'): string | undefined {
  const wire = dependencies.find(({ from, to }) => (way === 'on' ? from === key : to === key));
  return way === 'on' ? wire?.to : wire?.from;
}
