import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export type Draw = (context: CanvasRenderingContext2D, width: number, height: number) => void;

interface CanvasProps {
  readonly height: number;
  readonly draw: Draw;
  /** What the drawing shows, as a text for screen readers. */
  readonly label: string;
  readonly onPoint?: (point: { readonly x: number; readonly y: number } | null) => void;
}

/** A drawing of the full width, at the resolution of the screen. */
export function Canvas({ height, draw, label, onPoint }: CanvasProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const parent = ref.current!.parentElement!;
    const observer = new ResizeObserver(() => setWidth(Math.floor(parent.clientWidth)));
    observer.observe(parent);
    setWidth(Math.floor(parent.clientWidth));
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const canvas = ref.current!;
    if (width === 0) return;
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext('2d')!;
    context.scale(ratio, ratio);
    context.font = '11px system-ui, sans-serif';
    context.textBaseline = 'middle';
    draw(context, width, height);
  });
  return (
    <canvas
      ref={ref}
      role="img"
      aria-label={label}
      style={{ width: '100%', height: `${height}px` }}
      onPointerMove={(event) => onPoint?.({ x: event.offsetX, y: event.offsetY })}
      onPointerLeave={() => onPoint?.(null)}
    />
  );
}
