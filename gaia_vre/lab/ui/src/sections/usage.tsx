import React from 'react';
import { Meter } from '../parts/Meter';
import { Stop } from '../parts/Stop';
import { Told } from '../parts/Told';
import { useChanges, useGaia } from '../parts/context';
import type { Section } from '../parts/section';
import { Account, burn, Dimension, Hold, lastsUntil, payingAccount, Usage } from '../state/usage';
import type { Words } from '../words';

function unit(words: Words, dimension: Dimension): string {
  return {
    credits: words.t('credits'),
    core_hours: words.t('core-hours'),
    gib_hours: words.t('GiB-hours'),
    gpu_hours: words.t('GPU-hours')
  }[dimension];
}

function Summary(): JSX.Element {
  const { usage, words } = useGaia();
  useChanges(usage);
  return <>{usage.value ? words.t('%1 credits/h', words.number(burn(usage.value))) : ''}</>;
}

function Left({ account, usage }: { account: Account; usage: Usage }): JSX.Element {
  const { words } = useGaia();
  const budget = account.budget;
  if (!budget) {
    return (
      <div className="gaia-meter-line">
        <b dir="auto">{account.title}</b>
        <span>{words.t('no limit')}</span>
      </div>
    );
  }
  const [left, limit] = [words.number(budget.left), words.number(budget.limit)];
  const until = lastsUntil(usage, account, new Date());
  const used = words.number(budget.used);
  const said = words.t('%1 used, %2 held, of %3', used, words.number(budget.reserved), limit);
  return (
    <>
      <div className="gaia-meter-line">
        <b dir="auto">{account.title}</b>
        <span>{words.t('%1 of %2 %3 left', left, limit, unit(words, budget.dimension))}</span>
      </div>
      <Meter label={account.title} said={said} used={budget.used} held={budget.reserved} limit={budget.limit} />
      {until && <p className="gaia-facts">{words.t('lasts until %1', words.when(until))}</p>}
    </>
  );
}

function Memory(): JSX.Element | null {
  const { lab, words } = useGaia();
  useChanges(lab);
  const told = lab.value;
  if (!told) {
    return null;
  }
  const used = words.gib(told.memoryBytes);
  if (!told.memoryLimitBytes) {
    return (
      <div className="gaia-meter-line">
        <b>{words.t('Memory of this server')}</b>
        <span>{words.t('%1 GiB', used)}</span>
      </div>
    );
  }
  const said = words.t('%1 of %2 GiB', used, words.gib(told.memoryLimitBytes));
  return (
    <>
      <div className="gaia-meter-line">
        <b>{words.t('Memory of this server')}</b>
        <span>{said}</span>
      </div>
      <Meter label={words.t('Memory of this server')} said={said} used={told.memoryBytes} limit={told.memoryLimitBytes} />
    </>
  );
}

function Held({ hold }: { hold: Hold }): JSX.Element {
  const { ask, lab, settle, words } = useGaia();
  const isCluster = hold.kind === 'cluster';
  const mine = hold.id === lab.value?.lease;
  const title = isCluster
    ? words.t('Dask cluster %1', hold.name.slice(0, 8))
    : hold.name
      ? words.t('Server %1', hold.name)
      : words.t('My session');
  const path = isCluster ? `clusters/${encodeURIComponent(hold.name)}` : hold.name ? `servers/${encodeURIComponent(hold.name)}` : 'server';
  const facts = [
    words.n('%1 core', '%1 cores', hold.cores),
    words.t('%1 GiB', words.number(hold.memoryGib)),
    words.t('%1 credits/h', words.number(hold.creditsPerHour))
  ];
  const stop = async () => {
    await ask(`service/api/${path}`, { method: 'DELETE' });
    await settle();
  };
  return (
    <li className={isCluster ? 'gaia-row gaia-child' : 'gaia-row'}>
      <div>
        <b>{title}</b>
        {mine && <span className="gaia-tag">{words.t('this one')}</span>}
        <div className="gaia-facts">{facts.join(' · ')}</div>
      </div>
      <Stop
        label={isCluster ? words.t('Stop my Dask cluster') : words.t('Stop my server')}
        consequence={isCluster ? words.t('Its work ends and is lost.') : words.t('Files stay; kernels and what they hold end.')}
        act={stop}
      />
    </li>
  );
}

function Body(): JSX.Element {
  const { usage, lab, page, words } = useGaia();
  useChanges(usage);
  useChanges(lab);
  const told = usage.value;
  const paying = told && payingAccount(told, lab.value?.lease ?? null);
  const others = told?.accounts.filter(one => one !== paying && one.budget) ?? [];
  return (
    <>
      <Told of={usage} seen={!!told} again={() => void usage.refresh()} />
      {told && paying && <Left account={paying} usage={told} />}
      {told && others.map(one => <Left key={one.name} account={one} usage={told} />)}
      <Memory />
      {told && (
        <ul className="gaia-rows" aria-label={words.t('What I hold')}>
          {told.holds.map(one => (
            <Held key={one.id} hold={one} />
          ))}
        </ul>
      )}
      <div className="gaia-actions">
        <a className="gaia-link" href={page('usage')} target="_blank" rel="noopener">
          {words.t('Ask for more')}
        </a>
      </div>
    </>
  );
}

export const usage: Section = {
  id: 'usage',
  title: ({ words }) => words.t('Usage'),
  Summary,
  Body,
  absent: gaia => gaia.usage.absent,
  watches: gaia => gaia.usage
};
