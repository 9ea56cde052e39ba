/** The process of `killable-upstream.ts`: it ends with whoever started it. */
import { echoTool, startUpstream, tool } from '../mcp-upstream.ts';

const hang = tool('hang', () => {
  process.send?.('hangs');
  return new Promise(() => undefined);
});
const { url } = await startUpstream([echoTool('ask'), hang], Number(process.argv[2]));
process.once('disconnect', () => process.exit());
process.send?.({ url });
