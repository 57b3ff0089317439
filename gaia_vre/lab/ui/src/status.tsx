import React from 'react';
import { JupyterFrontEnd } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Countdown } from './parts/Countdown';
import { Gaia, GaiaContext, useChanges, useGaia } from './parts/context';
import { spoken } from './parts/Told';
import { burn, payingAccount } from './state/usage';

function Credits(): JSX.Element {
  const { lab, usage, words } = useGaia();
  useChanges(usage);
  useChanges(lab);
  const account = usage.value && payingAccount(usage.value, lab.value?.lease ?? null);
  const told = usage.problem ? spoken(words, usage.problem, !!usage.value) : words.t('Who pays, and what is left');
  const budget = account?.budget;
  const left =
    budget?.dimension === 'credits'
      ? words.t('%1 credits left', words.number(budget.left))
      : usage.value
        ? words.t('%1 credits/h', words.number(burn(usage.value)))
        : '';
  const text = account ? [account.title, left].filter(Boolean).join(' · ') : usage.problem ? words.t('GAIA does not answer.') : '';
  return (
    <span className="gaia-status" title={told}>
      {text}
      {usage.problem && account ? ' ·  ?' : ''}
    </span>
  );
}

function Memory(): JSX.Element {
  const { lab, words } = useGaia();
  useChanges(lab);
  const told = lab.value;
  if (!told) {
    return <></>;
  }
  const used = words.gib(told.memoryBytes);
  const limit = told.memoryLimitBytes;
  const full = limit !== null && told.memoryBytes >= 0.8 * limit;
  return (
    <span className={full ? 'gaia-status gaia-status-full' : 'gaia-status'} title={words.t('Memory of this server')}>
      {limit ? words.t('Memory %1 / %2 GiB', used, words.gib(limit)) : words.t('Memory %1 GiB', used)}
    </span>
  );
}

function Life(): JSX.Element {
  const { sandboxes, words } = useGaia();
  useChanges(sandboxes);
  const own = sandboxes.value?.[0];
  return own ? (
    <span className="gaia-status" title={words.t('This sandbox: extend, keep or destroy it')}>
      {words.t('Sandbox')} <Countdown sandbox={own} />
    </span>
  ) : (
    <></>
  );
}

/** Show who pays, what is left and the memory of this server at the bottom. */
export function addStatus(app: JupyterFrontEnd, gaia: Gaia, status: IStatusBar | null): void {
  const add = (id: string, align: 'left' | 'right', rank: number, part: JSX.Element, command = 'gaia:usage') => {
    const item = ReactWidget.create(
      <GaiaContext.Provider value={gaia}>
        <button className="gaia-status-button" onClick={() => void app.commands.execute(command)}>
          {part}
        </button>
      </GaiaContext.Provider>
    );
    item.addClass('jp-GaiaStatus');
    status?.registerStatusItem(`gaia-vre:${id}`, { item, align, rank });
  };
  if (gaia.sandbox === null) {
    add('credits', 'left', 10, <Credits />);
  } else {
    add('sandbox', 'left', 5, <Life />, 'gaia:sandboxes');
  }
  add('memory', 'right', 10, <Memory />);
}
