/** What people read when the server says nothing of its own. */
export const words = {
  silent: 'The server does not answer.',
  silentAdvice: 'Check that it is running and that you are connected.',
  answered: (status: number) => `The server answered ${status}.`,
} as const;
