/**
 * Texts outside files of words that no translator is asked for. Without `texts` the whole file is meant.
 * @type {{ file: string, texts?: string[], why: string }[]}
 */
export const EXCEPTIONS = [
  { file: 'components/agents/enrol/programs.ts', why: 'programs to copy, in languages of their own' },
  { file: 'components/home/first-agent.ts', why: 'a program to copy' },
  {
    file: 'components/mcp/import-dialog.tsx',
    texts: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: people write it so
      'servers: tracker: url: https://mcp.example.com/mcp headers: authorization: Bearer ${TRACKER_KEY}',
    ],
    why: 'a file as it is written, in any language',
  },
  { file: 'components/mcp/connect/form.ts', texts: ['Authorization'], why: 'the name of a header' },
  { file: 'components/data/early-script.ts', why: 'a script that the browser runs' },
  { file: 'components/shell/theme.ts', texts: ['…=…; path=/; max-age=…; samesite=lax'], why: 'a cookie' },
  { file: 'components/settings/browser-name.ts', why: 'names of products' },
  { file: 'components/ui/use-media.ts', why: 'media queries' },
  {
    file: 'components/editor/model/suggestions.ts',
    texts: ['….output', '….status', '….error'],
    why: 'what expressions call it',
  },
  {
    file: 'components/editor/panels/wire-panel.tsx',
    texts: ['stages["…"].output != null'],
    why: 'an expression',
  },
  { file: 'components/editor/text/theme.ts', why: 'rules of style' },
  {
    file: 'components/editor/session/open-view.ts',
    texts: ['A picture is not changed.'],
    why: 'for programmers: nothing on screen leads to it',
  },
  {
    file: 'components/editor/view/still-map.tsx',
    texts: ['M…,…h…v…h…zM…,…h…v…h…z'],
    why: 'the lines of a drawing',
  },
  {
    file: 'components/agents/agents-page.tsx',
    texts: ['span min(…, var(--tiles))'],
    why: 'a rule of style',
  },
];
