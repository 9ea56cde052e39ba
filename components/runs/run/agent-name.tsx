import { Link } from '../../ui/link.tsx';
import { useAgentNames } from './use-agent-names.ts';

/** What an agent is called, and the way to it. */
export function AgentName({ id }: { id: string }) {
  const nameOf = useAgentNames();
  return (
    <Link href={`/agents/${id}`} title={id} className="hover:text-accent hover:underline">
      {nameOf(id)}
    </Link>
  );
}
