import { amount, fields, list, perhaps, text } from './reading';

export interface Cluster {
  name: string;
  status: string;
  workers: number;
  cores: number;
  memoryBytes: number;
  /** What the workers hold in memory; null where the scheduler does not tell. */
  dataBytes: number | null;
  /** Path of its dashboard, for its owner alone. */
  dashboard: string | null;
}

export function readClusters(answer: unknown): Cluster[] {
  return list(fields(answer, 'clusters').clusters, 'clusters', value => {
    const one = fields(value, 'cluster');
    const workers = amount(one.workers, 'workers');
    const dashboard = perhaps(one.dashboard, 'dashboard', text);
    return {
      name: text(one.name, 'name'),
      status: text(one.status, 'status'),
      workers,
      cores: workers * amount(one.worker_cores, 'worker_cores'),
      memoryBytes: workers * amount(one.worker_memory_gib, 'worker_memory_gib') * 2 ** 30,
      dataBytes: perhaps(one.data_bytes, 'data_bytes', amount),
      dashboard: dashboard && isOwnPath(dashboard) ? dashboard : null
    };
  });
}

/** A link goes to a path of this host: no scheme, no other host. */
export function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])[^\\\s]*$/.test(path);
}
