const UNRESERVED = /%(2d|2e|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;
const PATH = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(\/[^?#]*)/i;

/**
 * What a server may take a URI for: as it is written, as those read it that keep to the book (WHATWG), and as those do that
 * decode all of it, or make one slash of several. A rule that forbids one of them forbids all: which a server opens only it knows.
 */
export function spellingsOf(uri: string): ReadonlySet<string> {
  const spellings = new Set<string>([uri]);
  const normal = normalOf(uri);
  const decoded = normal && normalOf(decodedOf(normal));
  for (const each of [normal, decoded]) {
    if (!each) continue;
    spellings.add(each);
    spellings.add(decodedOf(each));
    spellings.add(each.replace(PATH, (_, host: string, path: string) => host + path.replace(/\/{2,}/g, '/')));
  }
  for (const each of [...spellings]) spellings.add(withoutRest(each));
  return spellings;
}

const normalOf = (uri: string): string | undefined =>
  URL.parse(uri.replace(UNRESERVED, (coded) => decodeURIComponent(coded)))?.href;

function decodedOf(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}

/** A fragment is for whoever reads the answer; of a file's address what follows a question mark names nothing. */
function withoutRest(uri: string): string {
  const [bare = uri] = uri.split('#');
  return bare.startsWith('file:') ? (bare.split('?')[0] ?? bare) : bare;
}
