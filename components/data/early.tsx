import { headers } from 'next/headers';
import { addressOf, type Input, type Path } from './client.ts';
import { scriptThatAsks } from './early-script.ts';

/** As an address has it: ids there are texts that nobody has looked at. */
type Unread<Fields> = { [Name in keyof Fields]: Fields[Name] extends string ? string : Fields[Name] };

/** A question that the page is known to ask first. Nothing is asked here: the browser does, with the rights of whoever sits at it. */
export const early = <P extends Path>(path: P, input: Unread<Input<P>>): string =>
  addressOf(path, input as Input<P>);

/**
 * Has the browser ask while the page's script is still on its way, so that the answer is there when the script is: of a
 * large run or pipeline it takes as long as all the rest. `ask` takes the answer instead of asking again.
 */
export async function Early({ asks }: { asks: readonly string[] }) {
  const sent = await headers();
  const nonce = /'nonce-([^']+)'/.exec(sent.get('content-security-policy') ?? '')?.[1];
  // Where Next goes from page to page there is no new document, and so nothing that would run.
  if (nonce === undefined || !sent.get('accept')?.includes('text/html')) return null;
  return (
    <script nonce={nonce} suppressHydrationWarning>
      {scriptThatAsks(asks)}
    </script>
  );
}
