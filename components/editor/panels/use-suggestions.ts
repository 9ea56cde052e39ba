import { useEditor } from '../context.ts';
import { withKnownOutputs } from '../model/mcp/outputs.ts';
import { type Reader, type Suggestion, suggest } from '../model/suggestions.ts';

/** What an expression can read there, asked for when somebody types. */
export function useSuggestions(reader: Reader): () => readonly Suggestion[] {
  const { store, samples, capabilities, mcp } = useEditor();
  return () => {
    const offered = { capabilities: capabilities.get(), mcp: mcp.get() };
    return suggest(withKnownOutputs(store.get().document, offered), reader, samples.get());
  };
}
