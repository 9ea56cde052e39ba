import type { Answer } from '../data/index.ts';
import { Card } from '../ui/surface.tsx';
import { Ago, Chip } from '../ui/text.tsx';
import { words } from './words.ts';

type Collaborator = Answer<'workspaces.get'>['collaborators'][number];

interface TakingProps {
  collaborators: readonly Collaborator[];
  /** So many came earlier. */
  more: number;
}

export function Taking({ collaborators, more }: TakingProps) {
  return (
    <Card title={words.here} flush>
      {collaborators.length === 0 ? <p className="px-4 py-3 text-sm text-quiet">{words.nobody}</p> : null}
      <ul aria-label={words.here}>
        {collaborators.map((one) => (
          <li key={one.id} className="border-b border-line px-4 py-2 text-sm last:border-b-0">
            <p className="flex items-center gap-2">
              <span className={`truncate font-medium ${one.is_here ? '' : 'text-quiet'}`}>{one.name}</span>
              {one.is_here ? null : <Chip>{words.gone}</Chip>}
              <span className="ml-auto shrink-0 text-xs text-quiet">
                <Ago at={one.seen_at} />
              </span>
            </p>
            {one.about === null ? null : <p className="break-words text-xs text-quiet">{one.about}</p>}
          </li>
        ))}
      </ul>
      {more > 0 ? (
        <p className="border-t border-line px-4 py-2 text-xs text-quiet">{words.cameEarlier(more)}</p>
      ) : null}
    </Card>
  );
}
