interface Point {
  x: number;
  value: number;
}

/** Neighbours that are known, each stretch a line of its own. One that stands alone is drawn a step wide. */
export function toStretches(values: readonly (number | null)[], width: number): Point[][] {
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const stretches: Point[][] = [];
  let current: Point[] = [];
  const end = () => {
    const [only] = current;
    if (current.length === 1 && only) current = alone(only, { step, width });
    if (current.length > 0) stretches.push(current);
    current = [];
  };
  values.forEach((value, at) => {
    if (value === null) end();
    else current.push({ x: values.length > 1 ? at * step : 0, value });
  });
  end();
  return stretches;
}

function alone({ x, value }: Point, { step, width }: { step: number; width: number }): Point[] {
  return [
    { x: Math.max(0, x - step / 2), value },
    { x: Math.min(width, x + (step === width ? step : step / 2)), value },
  ];
}
