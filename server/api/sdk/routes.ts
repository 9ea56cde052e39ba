import { SignalboxError } from '#server/domain/errors.ts';
import { SDK_FILES } from '#server/domain/sdk-files.ts';
import type { Answer, Call, Route } from '../http/router.ts';
import { isKnown } from '../http/send.ts';
import { type Package, packPython, packTypescript } from './packages.ts';

interface Kind {
  contentType: string;
  pack(): Promise<Package>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  [SDK_FILES.typescript]: { contentType: 'application/gzip', pack: once(packTypescript) },
  [SDK_FILES.python]: { contentType: 'application/zip', pack: once(packPython) },
};

/** Packed when somebody first asks. What went wrong is tried again. */
function once(pack: () => Promise<Package>): () => Promise<Package> {
  let packed: Promise<Package> | undefined;
  return async () => {
    packed ??= pack();
    try {
      return await packed;
    } catch (error) {
      packed = undefined;
      throw error;
    }
  };
}

async function handOut({ params: { file = '' }, request }: Call): Promise<Answer> {
  const kind = Object.hasOwn(KINDS, file) ? KINDS[file] : undefined;
  if (!kind)
    throw new SignalboxError('NOT_FOUND', `There is no SDK ${file}.`, {
      advice: `This server hands out ${Object.keys(KINDS).join(' and ')}.`,
    });
  const { bytes, etag } = await kind.pack();
  // The same name holds another content after an update of the server: whoever has kept one asks whether it still counts.
  const headers = { etag, 'cache-control': 'public, no-cache' };
  return {
    async stream(response) {
      if (isKnown(request, etag)) return void response.writeHead(304, headers).end();
      response
        .writeHead(200, {
          ...headers,
          'content-type': kind.contentType,
          'content-length': bytes.length,
          'content-disposition': `attachment; filename="${file}"`,
        })
        .end(bytes);
    },
  };
}

/**
 * The SDKs that belong to this server, for machines that reach it and may reach nothing else. They are the product's own
 * source and no secret, so nobody needs a token to begin; they count against the address like all that strangers ask.
 */
export const sdkRoutes: readonly Route[] = [
  { method: 'GET', path: '/sdk/{file}', isOpen: true, handle: handOut },
];
