import React, { useState } from 'react';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Patterns } from './parts/Meter';
import { Gaia, GaiaContext, useChanges, useGaia } from './parts/context';
import type { Section } from './parts/section';
import { SECTIONS } from './sections';

const FOLDED = 'gaia-vre:folded';

function readFolded(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(FOLDED) ?? '[]');
    return Array.isArray(found) ? found.map(String) : [];
  } catch {
    return [];
  }
}

function keepFolded(id: string, open: boolean): void {
  const folded = readFolded().filter(one => one !== id);
  localStorage.setItem(FOLDED, JSON.stringify(open ? folded : [...folded, id]));
}

function SectionOf({ section }: { section: Section }): JSX.Element | null {
  const gaia = useGaia();
  useChanges(section.watches?.(gaia) ?? gaia.search);
  const [open, setOpen] = useState(() => !readFolded().includes(section.id));
  if (section.absent?.(gaia)) {
    return null;
  }
  const toggled = (event: React.SyntheticEvent<HTMLDetailsElement>) => {
    const now = event.currentTarget.open;
    if (now !== open) {
      setOpen(now);
      keepFolded(section.id, now);
    }
  };
  return (
    <details open={open} onToggle={toggled} data-gaia-section={section.id}>
      <summary>
        <h2>{section.title(gaia)}</h2>
        <span className="gaia-summary">
          <section.Summary />
        </span>
      </summary>
      <div className="gaia-pad">{open && <section.Body />}</div>
    </details>
  );
}

/** One section that breaks leaves the others. */
class Guard extends React.Component<{ children: React.ReactNode; said: string }, { broken: boolean }> {
  state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  render(): React.ReactNode {
    return this.state.broken ? <p className="gaia-warning gaia-pad">{this.props.said}</p> : this.props.children;
  }
}

/** The panel at the left; empty until JupyterLab is there. */
export class Panel extends ReactWidget {
  private _gaia: Gaia | undefined;

  constructor() {
    super();
    this.id = 'gaia-panel';
    this.addClass('jp-GaiaPanel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'GAIA');
  }

  fill(gaia: Gaia): void {
    this._gaia = gaia;
    this.node.lang = gaia.words.language;
    this.update();
    performance.mark('gaia-panel-filled');
  }

  /** Unfold a section and go there. */
  async goTo(section: string): Promise<void> {
    await this.renderPromise;
    const found = this.node.querySelector<HTMLDetailsElement>(`[data-gaia-section="${section}"]`);
    if (found) {
      found.open = true;
      await new Promise(done => requestAnimationFrame(done));
      found.scrollIntoView({ block: 'nearest' });
      (found.querySelector<HTMLElement>('input[type=search]') ?? found.querySelector('summary'))?.focus();
    }
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this._gaia?.clusters.refresh();
    void this._gaia?.usage.refresh();
  }

  protected render(): JSX.Element | null {
    const gaia = this._gaia;
    if (!gaia) {
      return null;
    }
    return (
      <GaiaContext.Provider value={gaia}>
        <Patterns />
        <h1>GAIA</h1>
        {SECTIONS.map(one => (
          <Guard key={one.id} said={gaia.words.t('This part of the panel does not work: %1.', one.title(gaia))}>
            <SectionOf section={one} />
          </Guard>
        ))}
      </GaiaContext.Provider>
    );
  }
}
