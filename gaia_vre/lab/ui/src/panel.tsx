import React from 'react';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Sections } from './parts/Sections';
import type { Gaia } from './parts/context';
import type { Section } from './parts/section';
import { SECTIONS } from './sections';

/** In a sandbox its own countdown comes first. */
function ordered({ sandbox }: Gaia): readonly Section[] {
  const own = (one: Section) => one.id === 'sandboxes';
  return sandbox === null ? SECTIONS : [...SECTIONS.filter(own), ...SECTIONS.filter(one => !own(one))];
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
    void this._gaia?.sandboxes.refresh();
  }

  protected render(): JSX.Element | null {
    const gaia = this._gaia;
    if (!gaia) {
      return null;
    }
    return <Sections gaia={gaia} sections={ordered(gaia)} />;
  }
}
