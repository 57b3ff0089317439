import React, { useState } from 'react';
import { Countdown } from '../parts/Countdown';
import { Keep } from '../parts/Keep';
import { Stop } from '../parts/Stop';
import { spoken, Told } from '../parts/Told';
import { useChanges, useGaia } from '../parts/context';
import type { Section } from '../parts/section';
import { Problem } from '../state/asking';
import type { Sandbox } from '../state/sandboxes';

function Summary(): JSX.Element {
  const { sandboxes, words } = useGaia();
  useChanges(sandboxes);
  const there = sandboxes.value?.length ?? 0;
  return <>{there ? words.n('%1 sandbox', '%1 sandboxes', there) : ''}</>;
}

/** Make it live longer: what the service says is shown where the button was pressed. */
function Extend({ sandbox }: { sandbox: Sandbox }): JSX.Element {
  const { ask, sandboxes, words } = useGaia();
  const [said, setSaid] = useState('');
  const extend = async () => {
    try {
      await ask(`service/api/sandboxes/${encodeURIComponent(sandbox.id)}/extend`, { method: 'POST' });
      setSaid('');
    } catch (error) {
      setSaid(spoken(words, error instanceof Problem ? error : new Problem(0), false));
    }
    await sandboxes.refresh();
  };
  return (
    <>
      <button className="gaia-button" onClick={() => void extend()}>
        {words.t('Extend by %1 min (%2 left)', words.number(sandbox.extensionMinutes), words.number(sandbox.extensionsLeft))}
      </button>
      <span className="gaia-facts" role="status">
        {said}
      </span>
    </>
  );
}

function Row({ sandbox }: { sandbox: Sandbox }): JSX.Element {
  const { ask, page, sandbox: own, sandboxes, words, work } = useGaia();
  const living = sandbox.state === 'making' || sandbox.state === 'running';
  const destroy = async () => {
    await ask(`service/api/sandboxes/${encodeURIComponent(sandbox.id)}`, { method: 'DELETE' });
    await sandboxes.refresh();
  };
  return (
    <li className="gaia-cluster">
      <div className="gaia-meter-line">
        <b dir="auto">{sandbox.title}</b>
        <Countdown sandbox={sandbox} />
      </div>
      <p className="gaia-facts">
        {sandbox.visitor
          ? words.t('Nothing of it stays: download what you want to keep.')
          : living
          ? words.t('Files that you do not keep go with it.')
          : words.t('It has ended; its files stay until the time is over.')}
      </p>
      <div className="gaia-actions">
        {own !== sandbox.id && sandbox.state === 'running' && sandbox.url && (
          <a className="gaia-button" href={sandbox.url} target="_blank" rel="noopener">
            {words.t('Open')}
          </a>
        )}
        {own === null && sandbox.state !== 'making' && !sandbox.visitor && <Keep sandbox={sandbox} />}
        {own === sandbox.id && sandbox.visitor && (
          <a className="gaia-button" href={work} download="sandbox.zip">
            {words.t('Download the work')}
          </a>
        )}
        {own !== null && sandbox.state !== 'making' && !sandbox.visitor && (
          <a className="gaia-button" href={page(`sandboxes#s-${encodeURIComponent(sandbox.id)}`)} target="_blank" rel="noopener">
            {words.t('Keep')}
          </a>
        )}
        {living && sandbox.extensionsLeft > 0 && <Extend sandbox={sandbox} />}
        <Stop
          word={words.t('Destroy')}
          label={words.t('Destroy this sandbox')}
          consequence={words.t('Its files go now; what you have kept stays.')}
          act={destroy}
        />
      </div>
    </li>
  );
}

function Body(): JSX.Element {
  const { page, sandbox, sandboxes, words } = useGaia();
  useChanges(sandboxes);
  return (
    <>
      <Told of={sandboxes} seen={!!sandboxes.value} again={() => void sandboxes.refresh()} />
      {sandboxes.value && (
        <ul className="gaia-rows">
          {sandboxes.value.map(one => (
            <Row key={one.id} sandbox={one} />
          ))}
        </ul>
      )}
      {sandboxes.value?.length === 0 && <p className="gaia-facts">{words.t('Try anything in a lab that ends by itself.')}</p>}
      {sandbox === null && (
        <div className="gaia-actions">
          <a className="gaia-link" href={page('sandbox/new')} target="_blank" rel="noopener">
            {words.t('New sandbox')}
          </a>
        </div>
      )}
    </>
  );
}

export const sandboxes: Section = {
  id: 'sandboxes',
  title: ({ sandbox, words }) => (sandbox === null ? words.t('Sandboxes') : words.t('This sandbox')),
  Summary,
  Body,
  absent: gaia => gaia.sandboxes.absent,
  watches: gaia => gaia.sandboxes
};
