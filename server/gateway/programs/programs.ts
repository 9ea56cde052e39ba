import { SignalboxError } from '#server/domain/errors.ts';

/** A program that the operator of this machine lets connections start: by name, with what always follows it. */
export interface Program {
  name: string;
  command: string;
  args: readonly string[];
}

export type Programs = ReadonlyMap<string, Program>;

/** Variables by which whoever sets them runs code of their own in a program that others chose. */
const LOADERS =
  /^(LD_|DYLD_|NODE_|PYTHON|PERL|RUBY|BASH_|GIT_|NPM_|JAVA_TOOL|_JAVA|PATH$|HOME$|IFS$|ENV$|SHELLOPTS$|TMPDIR$)/i;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,79}$/;

/** May be set for a program that is started. */
export const isHarmlessVariable = (name: string): boolean => VARIABLE.test(name) && !LOADERS.test(name);

const FOLDER = '{folder}';

export interface Start {
  command: string;
  args: string[];
  env: Record<string, string>;
}

/**
 * `{folder}` in arguments and values stands for the connection's own folder, and the name of a variable in an argument
 * for its value: arguments are shown to whoever sees the connection, and variables are sealed.
 */
export function startOf(
  programs: Programs,
  wanted: { program: string; args: readonly string[]; env: Readonly<Record<string, string>> },
  folder: string,
): Start {
  const program = programs.get(wanted.program);
  if (!program) throw unknownProgram(wanted.program);
  const fill = (text: string) => text.replaceAll(FOLDER, folder);
  const harmless = Object.entries(wanted.env).filter(([name]) => isHarmlessVariable(name));
  const own = new Map(harmless.map(([name, value]) => [name, fill(value)]));
  // In one go, so that nothing in a value is taken for a name.
  const fillNames = (text: string) =>
    text.replace(/\{(\w+)\}/g, (all, name) => (all === FOLDER ? folder : (own.get(name) ?? all)));
  return {
    command: program.command,
    args: [...program.args, ...wanted.args.map(fillNames)],
    env: {
      // Nothing of this process's own environment, where secrets are.
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: folder,
      TMPDIR: folder,
      LANG: 'C.UTF-8',
      ...Object.fromEntries(own),
    },
  };
}

export function unknownProgram(name: string): SignalboxError {
  return new SignalboxError('FORBIDDEN', `This server starts no program ${JSON.stringify(name)}.`, {
    advice: 'Whoever runs Signalbox names the programs that may be started in SIGNALBOX_MCP_PROGRAMS.',
  });
}
