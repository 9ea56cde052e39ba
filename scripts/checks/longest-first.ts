import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The order in which the files of a suite are begun. A checkout that is new knows nothing of how long they take, and goes by
 * their size: the longest one, begun late, would be waited for alone. Those named, files or folders, come first, the others as ever.
 */
export function longestFirst(names: readonly string[]): typeof BaseSequencer {
  return class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const placeOf = ({ moduleId }: TestSpecification): number => {
        const place = names.findIndex((name) => moduleId.includes(`/${name}`));
        return place < 0 ? names.length : place;
      };
      const known = await super.sort(files);
      return known.toSorted((a, b) => placeOf(a) - placeOf(b));
    }
  };
}
