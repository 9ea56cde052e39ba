import type { SignalboxError } from '#server/domain/errors.ts';
import { CATALOGUE, type CatalogueEntry } from '#server/gateway/tenant/catalogue.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';

export interface CatalogueView extends CatalogueEntry {
  /** It can be connected here by this actor. */
  isAvailable: boolean;
  /** Why it cannot; null: it can. */
  obstacle: string | null;
}

export interface Catalogue {
  servers: CatalogueView[];
  /** Programs that may be started here, for those who may start them. */
  programs: { name: string; command: string }[];
}

export function readCatalogue(services: Services, actor: Actor): Catalogue {
  authorise(actor, 'mcp.read');
  const programs = services.gateway.programs();
  const servers = CATALOGUE.map((entry): CatalogueView => {
    const obstacle = obstacleOf(entry, {
      actor,
      isKnown: programs.some(({ name }) => name === entry.program),
      obstacle: services.gateway.obstacleToPrograms,
    });
    return { ...entry, isAvailable: obstacle === null, obstacle };
  });
  const shown = may(actor, 'mcp.program') ? programs : [];
  return {
    servers,
    programs: shown.map(({ name, command, args }) => ({ name, command: [command, ...args].join(' ') })),
  };
}

function obstacleOf(
  { kind, program, package: from }: CatalogueEntry,
  { actor, isKnown, obstacle }: { actor: Actor; isKnown: boolean; obstacle: SignalboxError | null },
): string | null {
  if (kind === 'http') return may(actor, 'mcp.connect') ? null : 'You may not connect servers.';
  if (!isKnown) {
    return `It is a program, and whoever runs Signalbox has not allowed it: install ${from} and name it in SIGNALBOX_MCP_PROGRAMS as ${program}=/path/to/node /path/to/its/index.js.`;
  }
  if (!may(actor, 'mcp.program'))
    return 'Only owners and admins of the first organisation may start programs.';
  return obstacle ? `${obstacle.message} ${obstacle.advice}` : null;
}
