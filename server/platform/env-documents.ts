import { SETTINGS, type Setting } from './env-settings.ts';

const GENERATED = 'Generated from server/platform/env-settings.ts by `npm run docs:config`; do not edit.';

function groupSettings(): Map<string, [string, Setting][]> {
  return Map.groupBy(Object.entries<Setting>(SETTINGS), ([, { group }]) => group);
}

/** `.env.example`: every setting, commented out, with its default or an example. */
export function renderEnvExample(): string {
  const blocks = [...groupSettings()].map(([group, settings]) => {
    const lines = settings.map(
      ([name, { about, fallback, example }]) =>
        `# ${about.replaceAll('`', '')}\n# ${name}=${fallback ?? example ?? ''}\n`,
    );
    return `# --- ${group} ---\n\n${lines.join('\n')}`;
  });
  return `# ${GENERATED.replaceAll('`', '')}\n# Copy to .env and uncomment what you change. What is shown is the default, or an example where there is none.\n\n${blocks.join('\n')}`;
}

/** `docs/configuration.md`: the same table for readers. */
export function renderConfigurationPage(): string {
  const sections = [...groupSettings()].map(([group, settings]) => {
    const rows = settings.map(
      ([name, { about, fallback, secret, guards, readBy }]) =>
        `| \`${name}\` | ${fallback === null ? 'unset' : `\`${fallback}\``} | ${readBy?.map((role) => `\`${role}\``).join(', ') ?? 'all'} | ${about}${secret ? ' Secret.' : ''}${guards ? ' The audit tells when it changes.' : ''} |`,
    );
    return `## ${group}\n\n| Variable | Default | Read by | What it does |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return `# Configuration\n\n<!-- ${GENERATED} -->\n\nSignalbox is configured by environment variables, read once at start; a \`.env\` file in the checkout's root works too. An unknown \`SIGNALBOX_*\` name, a malformed value, a combination that cannot work or a value without effect stops the start with a list of all problems, each with what to do. So a process is given only what a role of its own reads (\`SIGNALBOX_ROLES\`), and no limit that another one makes pointless; defaults that are not needed are nobody's fault.\n\n${sections.join('\n')}`;
}
