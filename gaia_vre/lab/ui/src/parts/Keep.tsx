import React, { useEffect, useState } from 'react';
import { Problem } from '../state/asking';
import { KEEPING_MS, Place, placesOf, readReceipt, Receipt } from '../state/keeping';
import { HalfAnswer } from '../state/reading';
import type { Sandbox } from '../state/sandboxes';
import type { Words } from '../words';
import { useChanges, useGaia } from './context';
import { spoken } from './Told';

type State = 'idle' | 'asked' | 'going' | Problem | HalfAnswer | Receipt;

function isReceipt(state: State): state is Receipt {
  return typeof state === 'object' && 'files' in state;
}

function named(words: Words, key: string, places: readonly Place[]): string {
  const found = places.find(one => one.key === key)?.project;
  return found ? found.title : key === 'home' ? words.t('my home') : key.replace(/^project:/, '');
}

/** Copy the work of a sandbox to my home or a project: asked in its row where to, and told there what came of it. */
export function Keep({ sandbox }: { sandbox: Sandbox }): JSX.Element {
  const { ask, projects, sandboxes, words } = useGaia();
  useChanges(projects);
  const [state, setState] = useState<State>('idle');
  const [chosen, setChosen] = useState('home');
  const places = placesOf(projects.value ?? []);
  const to = places.some(one => one.key === chosen) ? chosen : 'home';
  useEffect(() => {
    if (state === 'asked' && !projects.value) {
      void projects.refresh();
    }
  }, [state, projects]);
  if (state === 'idle') {
    return (
      <button className="gaia-button" aria-label={words.t('Keep %1', sandbox.title)} onClick={() => setState('asked')}>
        {words.t('Keep')}
      </button>
    );
  }
  if (state === 'going') {
    return (
      <span className="gaia-facts" role="status">
        {words.t('Copying the files …')}
      </span>
    );
  }
  const keep = async () => {
    setState('going');
    try {
      const path = `service/api/sandboxes/${encodeURIComponent(sandbox.id)}/keep`;
      setState(readReceipt(await ask(path, { method: 'POST', body: { to }, patienceMs: KEEPING_MS })));
    } catch (error) {
      setState(error instanceof Problem || error instanceof HalfAnswer ? error : new Problem(0));
    }
    await sandboxes.refresh();
  };
  if (isReceipt(state)) {
    return (
      <div className="gaia-asked" role="status">
        <p>
          {words.n('%1 file is kept in', '%1 files are kept in', state.files)} <bdi>{named(words, state.place, places)}</bdi>
          {words.t(': ')}
          <bdi>{state.folder}</bdi>
        </p>
        {state.leftOut.length > 0 && <p>{words.n('%1 was left out.', '%1 were left out.', state.leftOut.length)}</p>}
        <button className="gaia-link" onClick={() => setState('asked')}>
          {words.t('Keep again')}
        </button>
      </div>
    );
  }
  return (
    <div className="gaia-asked" role="group" aria-label={words.t('Keep %1', sandbox.title)}>
      {state !== 'asked' && <p role="status">{spoken(words, state, false)}</p>}
      <label>
        {words.t('Keep in')}{' '}
        <select className="gaia-field" autoFocus value={to} onChange={event => setChosen(event.target.value)}>
          {places.map(one => (
            <option key={one.key} value={one.key}>
              {named(words, one.key, places)}
            </option>
          ))}
        </select>
      </label>
      <button className="gaia-button gaia-primary" onClick={() => void keep()}>
        {words.t('Keep there')}
      </button>
      <button className="gaia-link" onClick={() => setState('idle')}>
        {words.t('Leave it')}
      </button>
    </div>
  );
}
