import React, { useState } from 'react';
import { Meter } from '../parts/Meter';
import { Stop } from '../parts/Stop';
import { Told } from '../parts/Told';
import { useChanges, useGaia } from '../parts/context';
import type { Section } from '../parts/section';
import type { Cluster } from '../state/clusters';

export const START_CODE = 'import gaia_vre as gaia\n\ncluster = gaia.cluster(workers=2)\ncluster';

function Summary(): JSX.Element {
  const { clusters, words } = useGaia();
  useChanges(clusters);
  return <>{clusters.value?.length ? words.n('%1 cluster', '%1 clusters', clusters.value.length) : ''}</>;
}

function Row({ cluster }: { cluster: Cluster }): JSX.Element {
  const { ask, settle, usage, words } = useGaia();
  useChanges(usage);
  const price = usage.value?.holds.find(one => one.name === cluster.name)?.creditsPerHour;
  const workers = words.n('%1 worker', '%1 workers', cluster.workers);
  const limit = words.gib(cluster.memoryBytes);
  const held = cluster.dataBytes;
  const said = held === null ? words.t('%1 GiB', limit) : words.t('%1 of %2 GiB', words.gib(held), limit);
  const stop = async () => {
    await ask(`service/api/clusters/${encodeURIComponent(cluster.name)}`, { method: 'DELETE' });
    await settle();
  };
  return (
    <li className="gaia-cluster">
      <div className="gaia-meter-line">
        <b>{workers}</b>
        <span>{said}</span>
      </div>
      {held !== null && cluster.workers > 0 && (
        <Meter label={words.t('Data in memory of the workers')} said={said} used={held} limit={cluster.memoryBytes} />
      )}
      <p className="gaia-facts">
        {cluster.name.slice(0, 8)} · {cluster.status === 'running' ? words.t('runs') : words.t('starts')} ·{' '}
        {words.n('%1 core', '%1 cores', cluster.cores)}
      </p>
      <div className="gaia-actions">
        {cluster.dashboard && (
          <a className="gaia-button" href={cluster.dashboard} target="_blank" rel="noopener">
            {words.t('Dashboard')}
          </a>
        )}
        <Stop label={words.t('Stop my Dask cluster')} consequence={words.t('Its work ends and is lost.')} act={stop} />
        {price !== undefined && <span className="gaia-facts gaia-end">{words.t('%1 credits/h', words.number(price))}</span>}
      </div>
    </li>
  );
}

function Body(): JSX.Element {
  const { bench, clusters, words } = useGaia();
  useChanges(clusters);
  const [said, setSaid] = useState('');
  const start = () => setSaid(bench.insert(START_CODE) ? words.t('Run the cell to start it.') : words.t('Open a notebook first.'));
  return (
    <>
      <Told of={clusters} seen={!!clusters.value} again={() => void clusters.refresh()} />
      {clusters.value && (
        <ul className="gaia-rows">
          {clusters.value.map(one => (
            <Row key={one.name} cluster={one} />
          ))}
        </ul>
      )}
      {clusters.value?.length === 0 && <p className="gaia-facts">{words.t('No Dask cluster of yours runs.')}</p>}
      <div className="gaia-actions">
        <button className="gaia-link" onClick={start}>
          {words.t('Insert a cell that starts one')}
        </button>
        <span className="gaia-facts" role="status">
          {said}
        </span>
      </div>
    </>
  );
}

export const dask: Section = {
  id: 'dask',
  title: ({ words }) => words.t('Dask'),
  Summary,
  Body,
  absent: gaia => gaia.clusters.absent,
  watches: gaia => gaia.clusters
};
