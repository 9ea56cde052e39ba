/** Of JSON Schema what answers are described by. */
export interface Shape {
  type?: string | string[];
  $ref?: string;
  anyOf?: Shape[];
  oneOf?: Shape[];
  allOf?: Shape[];
  enum?: unknown[];
  const?: unknown;
  items?: Shape;
  properties?: Record<string, Shape>;
  required?: string[];
  [keyword: string]: unknown;
}

/**
 * Tells where somebody who takes an answer for what `claim` says would be wrong about one that is as `answer` says: a
 * field that is not there or may be missing, a null that nobody expects, a word for a number. More fields are no fault.
 */
export function createComparison(components: Record<string, Shape>) {
  function misfits(claim: Shape, answer: Shape, at = 'answer'): string[] {
    if (Object.keys(claim).length === 0) return [];
    if (answer.$ref !== undefined) {
      const found = components[answer.$ref.replace('#/components/schemas/', '')];
      return found ? misfits(claim, found, at) : [`${at}: ${answer.$ref} is not described`];
    }
    const options = optionsOf(answer);
    if (options.length > 1) return options.flatMap((option) => misfits(claim, option, at));
    const [only = answer] = options;
    if (claim.anyOf) {
      const all = claim.anyOf.map((option) => misfits(option, only, at));
      return all.reduce((best, found) => (found.length < best.length ? found : best));
    }
    const [ours, theirs] = [claim.type, kindOf(only)];
    if (ours !== theirs && !(ours === 'number' && theirs === 'integer'))
      return [`${at} is ${theirs}, and not ${String(ours)}`];
    if (claim.items) return misfits(claim.items, only.items ?? {}, `${at}[]`);
    return Object.entries(claim.properties ?? {}).flatMap(([name, field]) => {
      const described = only.properties?.[name];
      if (!described) return [`${at}.${name} is not there`];
      const isLess = claim.required?.includes(name) && !only.required?.includes(name);
      const missing = isLess ? [`${at}.${name} may be missing`] : [];
      return [...missing, ...misfits(field, described, `${at}.${name}`)];
    });
  }
  return misfits;
}

/** What it may be, one by one. */
function optionsOf({ anyOf, oneOf, type, ...rest }: Shape): Shape[] {
  const listed = anyOf ?? oneOf;
  if (listed) return listed;
  if (Array.isArray(type)) return type.map((one) => ({ ...rest, type: one }));
  return [{ ...rest, ...(type === undefined ? {} : { type }) }];
}

/** By its word, or by the values that it may have. */
function kindOf({ type, enum: values, const: value }: Shape): string {
  if (typeof type === 'string') return type;
  const [sample] = values ?? [value];
  return sample === undefined ? 'anything' : sample === null ? 'null' : typeof sample;
}
