/** What is read aloud of what lies on the canvas. */
export const canvasWords = {
  stage: (name: string, { capability, incoming, outgoing, isMarked }: StageFacts) =>
    `Stage ${name}, ${capability || 'no capability yet'}, ${incoming} in, ${outgoing} out${isMarked ? ', sensitive values' : ''}`,
  note: (text: string) => `Note: ${text || 'empty'}`,
  group: (name: string, { stages, isFolded }: { stages: number; isFolded: boolean }) =>
    `Group ${name}, ${stages} stages${isFolded ? ', folded' : ''}`,
  connection: (from: string, to: string) => `Connection from ${from} to ${to}`,
  gone: (name: string) => `Stage ${name}, which the draft has no longer`,
  goneConnection: (from: string, to: string) =>
    `Connection from ${from} to ${to}, which the draft has no longer`,
  foldedConnections: 'Connections of a folded group',
} as const;

interface StageFacts {
  capability: string;
  incoming: number;
  outgoing: number;
  isMarked: boolean;
}
