/** Runs in the document itself, before any other script of the page; `takeEarly` of `client.ts` finds the answers. */
export const scriptThatAsks = (asks: readonly string[]): string =>
  `for (const address of ${JSON.stringify(asks)}) {
  const asked = fetch('/api/trpc/' + address);
  asked.catch(() => {});
  (window.signalboxAsked ??= {})[address] = asked;
}`;
