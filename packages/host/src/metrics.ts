/**
 * Figures of a running node: counters, gauges, and latencies over a sliding window; as a plain snapshot and in
 * Prometheus' text format.
 */

export interface Metrics {
  add(name: string, amount?: number): void;
  set(name: string, value: number): void;
  /** Notes one observation, in milliseconds. */
  observe(name: string, ms: number): void;
  snapshot(): MetricsSnapshot;
  /** Prometheus text exposition format, version 0.0.4. */
  text(): string;
}

export interface MetricsSnapshot {
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  readonly latencies: Readonly<Record<string, Latency>>;
}

/** Over the last `windowSamples` observations; milliseconds. */
export interface Latency {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const windowSamples = 4096;

export function createMetrics(): Metrics {
  const counters = new Map<string, number>();
  const gauges = new Map<string, number>();
  const windows = new Map<string, { readonly samples: Float64Array; count: number }>();
  const snapshot = (): MetricsSnapshot => ({
    counters: Object.fromEntries(counters),
    gauges: Object.fromEntries(gauges),
    latencies: Object.fromEntries([...windows].map(([name, window]) => [name, latencyOf(window)])),
  });
  return {
    add: (name, amount = 1) => void counters.set(name, (counters.get(name) ?? 0) + amount),
    set: (name, value) => void gauges.set(name, value),
    observe(name, ms) {
      let window = windows.get(name);
      if (window === undefined) {
        window = { samples: new Float64Array(windowSamples), count: 0 };
        windows.set(name, window);
      }
      window.samples[window.count % windowSamples] = ms;
      window.count++;
    },
    snapshot,
    text: () => textOf(snapshot()),
  };
}

function latencyOf({ samples, count }: { readonly samples: Float64Array; readonly count: number }): Latency {
  const sorted = samples.slice(0, Math.min(count, windowSamples)).sort();
  const at = (fraction: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
  return { count, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function textOf({ counters, gauges, latencies }: MetricsSnapshot): string {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(counters)) {
    lines.push(`# TYPE coco_${name}_total counter`, `coco_${name}_total ${value}`);
  }
  for (const [name, value] of Object.entries(gauges))
    lines.push(`# TYPE coco_${name} gauge`, `coco_${name} ${value}`);
  for (const [name, { count, p50Ms, p99Ms }] of Object.entries(latencies)) {
    lines.push(
      `# TYPE coco_${name}_ms summary`,
      `coco_${name}_ms{quantile="0.5"} ${p50Ms}`,
      `coco_${name}_ms{quantile="0.99"} ${p99Ms}`,
      `coco_${name}_ms_count ${count}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
