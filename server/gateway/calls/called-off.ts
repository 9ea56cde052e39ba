import type { CallDoor } from '#server/domain/mcp.ts';
import { revealHidden } from '../tenant/definitions.ts';

/** What libraries give as a reason when nobody has given one: `AbortError: This operation was aborted`. */
const OF_A_LIBRARY =
  /^(\w*(Error|Exception)\b|(this|the) (operation|request|call) was (aborted|cancell?ed|called off)\b)/i;
const MAX_REASON = 300;

/** Of a call whose caller did not wait for its answer, for the log. A client may say why. */
export function wordsOfCalledOff(door: CallDoor, reason: unknown): string {
  if (door === 'pipeline') return 'The attempt of the stage was ended before the answer came.';
  const said = typeof reason === 'string' ? revealHidden(reason.trim()).slice(0, MAX_REASON) : '';
  const isSaid = said !== '' && !OF_A_LIBRARY.test(said);
  return isSaid ? `Called off by its caller, who said: ${said}` : 'Called off by its caller.';
}
