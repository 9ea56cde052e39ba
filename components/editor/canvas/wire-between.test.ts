import { getBezierPath, Position } from '@xyflow/react';
import { expect, test } from 'vitest';
import { wireBetween } from './wire-between.ts';

test.each([
  { title: 'to the next column', from: { x: 200, y: 30 }, to: { x: 260, y: 30 } },
  { title: 'far and down', from: { x: 200, y: 30 }, to: { x: 1300, y: 410 } },
  { title: 'back', from: { x: 900, y: 90 }, to: { x: 100, y: -20 } },
])('a picture has its wires where the canvas has them: $title', ({ from, to }) => {
  const [path, x, y] = getBezierPath({
    ...{ sourceX: from.x, sourceY: from.y, sourcePosition: Position.Right },
    ...{ targetX: to.x, targetY: to.y, targetPosition: Position.Left },
  });
  const wire = wireBetween(from, to);
  expect(wire.path).toBe(path);
  expect(wire.middle.x).toBeCloseTo(x);
  expect(wire.middle.y).toBeCloseTo(y);
});
