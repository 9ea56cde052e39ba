import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { SignalboxError } from '#server/domain/errors.ts';
import { issuerSchema } from './issuers.ts';
import { providersSchema } from './provider-schema.ts';

/** Who else may say who somebody is: the file that SIGNALBOX_IDENTITY_FILE names, in YAML or JSON. */
const configSchema = z.strictObject({
  issuers: z
    .array(issuerSchema)
    .max(50)
    .default([])
    .refine(
      (issuers) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length,
      'names an issuer twice: each has one algorithm and one key',
    ),
  providers: providersSchema,
});
export type IdentityConfig = z.output<typeof configSchema>;

/** What holds without a file. */
export const NO_IDENTITY: IdentityConfig = configSchema.parse({});

export function readIdentityConfig(file: string | undefined): IdentityConfig {
  if (file === undefined) return NO_IDENTITY;
  const refuse = (why: string): never => {
    throw new SignalboxError('INVALID', `The identity file ${file} cannot be used: ${why}`, {
      advice: 'docs/identity.md describes what stands in it.',
    });
  };
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 });
  } catch (error) {
    // A parser's message quotes the text, which may be a secret.
    return refuse((error as { code?: string }).code ?? 'it is neither YAML nor JSON.');
  }
  const parsed = configSchema.safeParse(document ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuse(`${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? 'it is malformed'}.`);
}

/** Where clients of MCP are sent to an issuer of the file, nobody is let in here: whoever has asked for both expects otherwise. */
export function refuseIdleSignIn(
  { issuers }: IdentityConfig,
  { given, mcp }: { given: readonly string[]; mcp: { isSignInOn: boolean } },
): void {
  const other = issuers.find(({ forClients }) => forClients);
  if (!other || !mcp.isSignInOn || !given.includes('SIGNALBOX_MCP_SIGN_IN')) return;
  throw new SignalboxError(
    'INVALID',
    `SIGNALBOX_MCP_SIGN_IN has no effect, because SIGNALBOX_IDENTITY_FILE sends clients of MCP to ${other.issuer}.`,
    { advice: 'Unset it, or take forClients out of the file.' },
  );
}
