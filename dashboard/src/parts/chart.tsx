import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Series {
  readonly label: string;
  /** A custom property of the style sheet. */
  readonly color: `--${string}`;
  readonly values: readonly (number | null)[];
  /** Draws a point for each value: one between two that are not there would have no line. */
  readonly points?: boolean;
}

interface Props {
  /** What a screen reader says in place of the drawing. */
  readonly label: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
}

const HEIGHT = 200;

/** Lines over time. */
export function Chart({ label, times, series, format }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const dark = useDark();
  const data = useMemo(() => [times, ...series.map(({ values }) => values)] as UPlot.AlignedData, [times, series]);
  const latest = useRef(data);
  latest.current = data;
  const names = series.map(({ label }) => label).join();
  useEffect(() => {
    const element = place.current;
    if (!element) {
      return undefined;
    }
    const drawn = new UPlot(options(element, series, format), latest.current, element);
    plot.current = drawn;
    const sizes = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      drawn.destroy();
      plot.current = undefined;
    };
    // A canvas has no style sheet: with other colours it is drawn anew.
  }, [dark, names]);
  useEffect(() => plot.current?.setData(data), [data]);
  return <div class="chart" ref={place} role="img" aria-label={label} />;
}

function options(element: HTMLElement, series: readonly Series[], format: (value: number) => string): UPlot.Options {
  const styles = getComputedStyle(element);
  const color = (name: string) => styles.getPropertyValue(name).trim();
  const shown = (value: number | null) => (value === null ? '–' : format(value));
  const axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    scales: { y: { range: (_, __, highest) => [0, Math.max(1, (highest ?? 0) * 1.1)] } },
    axes: [
      { ...axis, size: 34, values: (_, times) => times.map(clock) },
      { ...axis, size: 64, values: (_, values) => values.map((value) => (Number.isInteger(value) ? format(value) : '')) },
    ],
    series: [
      { label: 'Time', value: (_, at) => (at === null ? '–' : clock(at)) },
      ...series.map(({ label, color: name, points = false }) => ({
        label,
        stroke: color(name),
        width: 2,
        points: { show: points, size: 5, fill: color(name) },
        value: (_: UPlot, value: number | null) => shown(value),
      })),
    ],
  };
}

function clock(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

function useDark(): boolean {
  const query = useMemo(() => matchMedia('(prefers-color-scheme: dark)'), []);
  const [dark, set] = useState(query.matches);
  useEffect(() => {
    const changed = () => set(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, [query]);
  return dark;
}
