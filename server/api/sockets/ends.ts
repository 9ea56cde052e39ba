/** Why a connection for live events ends. Codes of 4000 and more are ours, after the HTTP status that means the same. */
export const ENDS = {
  stopping: { code: 1001, reason: 'The server stops. Connect again in a moment.' },
  unavailable: { code: 1013, reason: 'Who you are cannot be looked up now. Connect again in a moment.' },
  malformed: { code: 4400, reason: 'A message is no JSON object. Send one object a message, as text.' },
  unauthenticated: { code: 4401, reason: 'The token or session is not, or no longer, good. Sign in again.' },
  silent: { code: 4408, reason: 'No auth message came in time. Send it first.' },
  changed: { code: 4409, reason: 'Your rights have changed. Connect again.' },
  tooMuch: { code: 4429, reason: 'Too many messages. Ask for several targets in one.' },
  tooMany: { code: 4430, reason: 'Too many connections of this user or key. Close some.' },
  tooSlow: { code: 4431, reason: 'Events are read too slowly. Resume, or listen to less.' },
  tooManyTries: {
    code: 4432,
    reason: 'Too many tokens that do not count from where you are. Wait a minute.',
  },
} as const;

export type End = (typeof ENDS)[keyof typeof ENDS];
