import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** One structured line per unit of work; level and service name come from POWERTOOLS_* variables. */
export const log = new Logger();

const metrics = new Metrics({ namespace: 'Tollgate' });

/** Writes counts and durations of one unit of work in embedded metric format. Names end in their unit (`latencyMs`) or are plain counts. */
export function emitMetrics(values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    metrics.addMetric(
      name,
      name.endsWith('Ms') ? MetricUnit.Milliseconds : MetricUnit.Count,
      value,
    );
  }
  metrics.publishStoredMetrics();
}
