import React from 'react';
import { useChanges, useGaia } from './context';

/** The newest message, until it is put away, here and on the home page. */
export function Notice(): JSX.Element | null {
  const { ask, events, page, words } = useGaia();
  useChanges(events);
  const latest = events.latest;
  if (!latest) {
    return null;
  }
  const putAway = () => {
    events.putAway();
    // Where this fails it stands on the home page still.
    ask(`service/api/messages/${latest.id}/read`, { method: 'POST' }).catch(() => undefined);
  };
  return (
    <div className={latest.severity === 'bad' ? 'gaia-told gaia-bad' : 'gaia-told'} role="status">
      <b dir="auto">{latest.title}</b>
      <p dir="auto">{latest.text}</p>
      <div className="gaia-actions">
        <a className="gaia-link" href={page('')} target="_blank" rel="noopener">
          {words.t('Home page')}
        </a>
        <button className="gaia-link" onClick={putAway}>
          {words.t('Put away')}
        </button>
      </div>
    </div>
  );
}
